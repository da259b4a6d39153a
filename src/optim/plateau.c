/* Source: torch.optim.lr_scheduler.ReduceLROnPlateau. */
#include "optim/plateau.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "optim/schedule_option.h"

static const char creating[] = "accel_scheduler_create";

static accel_status read_words(plateau *p, const accel_scheduler_options *o)
{
    static const char *const modes[] = {"min", "max"}, *const threshold_modes[] = {"rel", "abs"};
    int mode = schedule_option_word("mode", o->mode, modes, 2);
    int threshold_mode =
        mode >= 0 ? schedule_option_word("threshold_mode", o->threshold_mode, threshold_modes, 2) : -1;
    p->higher_is_better = mode == 1;
    p->absolute = threshold_mode == 1;
    return accel_error_status();
}

static accel_status read_min_lrs(plateau *p, const optimizer *opt, const accel_scheduler_options *o)
{
    p->min_lr = isnan(o->min_lr) ? 0 : o->min_lr;
    if (!o->min_lrs && o->min_lrs_count > 0)
        return accel_error_raise(ACCEL_EINVAL, creating, "min_lrs is NULL, min_lrs_count is %zu",
                                 o->min_lrs_count);
    if (!o->min_lrs)
        return ACCEL_OK;
    if (!isnan(o->min_lr))
        return accel_error_raise(ACCEL_EINVAL, creating, "expected one of min_lr and min_lrs, got both");
    if (o->min_lrs_count != opt->groups_count)
        return accel_error_raise(ACCEL_EINVAL, creating, "min_lrs_count is %zu, the optimizer has %zu groups",
                                 o->min_lrs_count, opt->groups_count);
    for (size_t i = 0; i < o->min_lrs_count; i++)
        if (optimizer_check_not_negative(creating, "min_lrs", o->min_lrs[i]) != ACCEL_OK)
            return accel_error_status();
    p->min_lrs = memory_alloc(o->min_lrs_count, sizeof *p->min_lrs);
    if (!p->min_lrs)
        return accel_error_status();
    memcpy(p->min_lrs, o->min_lrs, o->min_lrs_count * sizeof *p->min_lrs);
    p->min_lrs_count = o->min_lrs_count;
    return ACCEL_OK;
}

accel_status plateau_read(plateau *p, const optimizer *opt, const accel_scheduler_options *o)
{
    *p = (plateau){.factor = o->factor,
                   .threshold = o->threshold,
                   .eps = o->eps,
                   .patience = o->patience,
                   .cooldown = o->cooldown};
    if (o->factor >= 1)
        return accel_error_raise(ACCEL_EINVAL, creating, "factor must be less than 1, got %g", o->factor);
    if (read_words(p, o) != ACCEL_OK)
        return accel_error_status();
    p->best = p->higher_is_better ? -(double)INFINITY : (double)INFINITY;
    return read_min_lrs(p, opt, o);
}

void plateau_dispose(plateau *p) { memory_free(p->min_lrs); }

/* A metric that is not a number is no better. */
static bool is_better(const plateau *p, double metric)
{
    if (p->higher_is_better)
        return metric > (p->absolute ? p->best + p->threshold : p->best * (p->threshold + 1));
    return metric < (p->absolute ? p->best - p->threshold : p->best * (1 - p->threshold));
}

static accel_status reduce(const plateau *p, optimizer *opt)
{
    if (p->min_lrs && p->min_lrs_count != opt->groups_count)
        return accel_error_raise(ACCEL_EINVAL, "accel_scheduler_step_with_metric",
                                 "the schedule has min_lrs of %zu groups, the optimizer has %zu",
                                 p->min_lrs_count, opt->groups_count);
    for (size_t i = 0; i < opt->groups_count; i++) {
        parameter_group *g = &opt->groups[i];
        double lr = fmax(g->lr * p->factor, p->min_lrs ? p->min_lrs[i] : p->min_lr);
        if (g->lr - lr > p->eps)
            g->lr = lr;
    }
    return ACCEL_OK;
}

accel_status plateau_step(plateau *p, optimizer *opt, double metric)
{
    bool better = is_better(p, metric);
    p->seen++;
    if (better)
        p->best = metric;
    p->bad = better ? 0 : p->bad + 1;
    if (p->cooldown_left > 0) {
        p->cooldown_left--;
        p->bad = 0;
    }
    if (p->bad <= p->patience)
        return ACCEL_OK;
    p->cooldown_left = p->cooldown;
    p->bad = 0;
    return reduce(p, opt);
}
