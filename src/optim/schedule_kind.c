#include "optim/schedule_kind.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "optim/schedule_option.h"

static const char call[] = "accel_scheduler_create";

static accel_status read_min_lr(schedule *s, const accel_scheduler_options *o)
{
    if (isnan(o->min_lr) == isnan(o->min_lr_rate))
        return accel_error_raise(ACCEL_EINVAL, call, "expected one of min_lr and min_lr_rate, got %s",
                                 isnan(o->min_lr) ? "neither" : "both");
    if (isnan(o->min_lr_rate) && s->lr == 0)
        return accel_error_raise(ACCEL_EINVAL, call, "min_lr needs an optimizer whose lr is not 0");
    s->min_rate = isnan(o->min_lr_rate) ? o->min_lr / s->lr : o->min_lr_rate;
    s->warmup_rate = o->warmup_lr_rate;
    return ACCEL_OK;
}

static accel_status read_polynomial(schedule *s, const accel_scheduler_options *o)
{
    if (!(s->lr > o->lr_end))
        return accel_error_raise(ACCEL_EINVAL, call,
                                 "lr_end must be smaller than the optimizer's lr, got %g and %g", o->lr_end,
                                 s->lr);
    if (o->num_warmup_steps == o->num_training_steps)
        return accel_error_raise(
            ACCEL_EINVAL, call, "num_warmup_steps and num_training_steps are both %lld, expected steps between",
            (long long)o->num_training_steps);
    s->lr_end = o->lr_end;
    s->power = o->power;
    return ACCEL_OK;
}

static accel_status read_inverse_sqrt(schedule *s, const accel_scheduler_options *o)
{
    if (o->timescale == 0)
        return accel_error_raise(ACCEL_EINVAL, call, "timescale must be positive, got 0");
    int64_t usual = o->num_warmup_steps > 0 ? o->num_warmup_steps : 10000;
    s->timescale = (double)(o->timescale > 0 ? o->timescale : usual);
    return ACCEL_OK;
}

static accel_status read_curves(schedule *s, const accel_scheduler_options *o)
{
    enum { CURVES = 3 };
    static const char *const names[CURVES] = {"linear", "cosine", "1-sqrt"};
    static schedule_rise *const rises[] = {schedule_rise_linear, schedule_rise_cosine, schedule_rise_sqrt};
    static schedule_fall *const falls[] = {schedule_fall_linear, schedule_fall_cosine, schedule_fall_sqrt};
    int rise = schedule_option_word("warmup_type", o->warmup_type, names, CURVES);
    int fall = rise >= 0 ? schedule_option_word("decay_type", o->decay_type, names, CURVES) : -1;
    if (fall < 0)
        return accel_error_status();
    s->rise = rises[rise];
    s->fall = falls[fall];
    return ACCEL_OK;
}

static accel_status read_warmup_stable_decay(schedule *s, const accel_scheduler_options *o)
{
    if (o->num_decay_steps < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "schedule \"warmup_stable_decay\" needs num_decay_steps");
    if (o->num_stable_steps < 0 && o->num_training_steps < 0)
        return accel_error_raise(
            ACCEL_EINVAL, call,
            "schedule \"warmup_stable_decay\" needs num_training_steps or num_stable_steps");
    s->decay = (double)o->num_decay_steps;
    s->stable = o->num_stable_steps >= 0 ? (double)o->num_stable_steps : s->training - s->warmup - s->decay;
    s->min_rate = o->min_lr_ratio;
    return read_curves(s, o);
}

/* ---- kinds ---- */

#define TAKES(option) (1U << SCHEDULE_##option)

static const schedule_kind kinds[] = {
    {"linear", schedule_linear, 0, true, 0, NULL},
    {"cosine", schedule_cosine, TAKES(NUM_CYCLES), true, 0.5, NULL},
    {"cosine_with_restarts", schedule_cosine_with_restarts, TAKES(NUM_CYCLES), true, 1, NULL},
    {"polynomial", schedule_polynomial, TAKES(LR_END) | TAKES(POWER), true, 0, read_polynomial},
    {"constant", schedule_constant, 0, false, 0, NULL},
    {"constant_with_warmup", schedule_constant_with_warmup, 0, false, 0, NULL},
    {"inverse_sqrt", schedule_inverse_sqrt, TAKES(TIMESCALE), false, 0, read_inverse_sqrt},
    {"reduce_lr_on_plateau", NULL,
     TAKES(MODE) | TAKES(FACTOR) | TAKES(PATIENCE) | TAKES(THRESHOLD) | TAKES(THRESHOLD_MODE) |
         TAKES(COOLDOWN) | TAKES(MIN_LR) | TAKES(MIN_LRS) | TAKES(EPS),
     false, 0, NULL},
    {"cosine_with_min_lr", schedule_cosine, TAKES(NUM_CYCLES) | TAKES(MIN_LR) | TAKES(MIN_LR_RATE), true, 0.5,
     read_min_lr},
    {"cosine_warmup_with_min_lr", schedule_cosine_warmup_with_min_lr,
     TAKES(NUM_CYCLES) | TAKES(MIN_LR) | TAKES(MIN_LR_RATE) | TAKES(WARMUP_LR_RATE), true, 0.5, read_min_lr},
    {"warmup_stable_decay", schedule_warmup_stable_decay,
     TAKES(NUM_STABLE_STEPS) | TAKES(NUM_DECAY_STEPS) | TAKES(WARMUP_TYPE) | TAKES(DECAY_TYPE) |
         TAKES(MIN_LR_RATIO) | TAKES(NUM_CYCLES),
     false, 0.5, read_warmup_stable_decay},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

const schedule_kind *schedule_kind_find(const char *name)
{
    for (int i = 0; name && i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    buffer known = {0};
    for (int i = 0; i < KINDS; i++)
        buffer_printf(&known, "%s%s", i > 0 ? ", " : "", kinds[i].name);
    if (name)
        accel_error_raise(ACCEL_ENOTFOUND, call, "no schedule is called \"%s\"; there is %s", name,
                          known.data ? known.data : "");
    else
        accel_error_raise(ACCEL_ENOTFOUND, call, "name is NULL; there is %s", known.data ? known.data : "");
    buffer_dispose(&known);
    return NULL;
}

accel_status schedule_kind_check(const schedule_kind *kind, const accel_scheduler_options *o)
{
    if (schedule_option_check(kind->name, kind->takes, o) != ACCEL_OK)
        return accel_error_status();
    if (kind->needs_training_steps && o->num_training_steps < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "schedule \"%s\" needs num_training_steps", kind->name);
    return ACCEL_OK;
}

accel_status schedule_kind_read(const schedule_kind *kind, double lr, const accel_scheduler_options *o,
                                schedule *s)
{
    *s = (schedule){.factor = kind->factor,
                    .warmup = (double)o->num_warmup_steps,
                    .training = (double)o->num_training_steps,
                    .cycles = isnan(o->num_cycles) ? kind->cycles : o->num_cycles,
                    .lr = lr};
    return kind->read ? kind->read(s, o) : ACCEL_OK;
}
