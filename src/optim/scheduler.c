#include "optim/scheduler.h"

#include <accel/dict.h>
#include <accel/ops.h>
#include <accel/options.h>

#include "base/error.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "optim/plateau.h"
#include "optim/schedule_kind.h"
#include "tensor/state.h"

typedef struct scheduler {
    const schedule_kind *kind;
    union {
        schedule schedule; /* a function of `step` */
        plateau plateau;
    } of;
    accel_optimizer *optimizer; /* retained */
    int64_t step;
    scheduler_control control;
} scheduler;

static bool follows_metric(const scheduler *s) { return !s->kind->factor; }

static void discard(scheduler *s)
{
    if (follows_metric(s))
        plateau_dispose(&s->of.plateau);
    object_release(s->optimizer);
    memory_free(s);
}

static void destroy(object *o) { discard(o->payload); }

const object_class scheduler_class = {.name = "scheduler", .destroy = destroy};

static scheduler *scheduler_of(accel_scheduler *handle, const char *call)
{
    return object_payload(handle, &scheduler_class, call, "scheduler");
}

static void apply(scheduler *s)
{
    optimizer *opt = optimizer_of(s->optimizer, "accel_scheduler_step");
    double factor = s->of.schedule.factor(&s->of.schedule, (double)s->step);
    for (size_t i = 0; opt && i < opt->groups_count; i++)
        if (!isnan(opt->groups[i].initial_lr))
            opt->groups[i].lr = opt->groups[i].initial_lr * factor;
}

/* ---- making ---- */

static void start(optimizer *opt)
{
    for (size_t i = 0; i < opt->groups_count; i++)
        if (isnan(opt->groups[i].initial_lr))
            opt->groups[i].initial_lr = opt->groups[i].lr;
}

accel_scheduler_options accel_scheduler_options_default(void)
{
    return (accel_scheduler_options){ACCEL_SCHEDULER_DEFAULTS()};
}

static accel_status read_options(scheduler *s, const optimizer *opt, const accel_scheduler_options *o)
{
    if (schedule_kind_check(s->kind, o) != ACCEL_OK)
        return accel_error_status();
    return follows_metric(s) ? plateau_read(&s->of.plateau, opt, o)
                             : schedule_kind_read(s->kind, opt->lr, o, &s->of.schedule);
}

accel_scheduler *accel_scheduler_create_with(const char *name, accel_optimizer *optimizer_handle,
                                             const accel_scheduler_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_scheduler_options o = accel_scheduler_options_default();
    if (accel_options_read("accel_scheduler_create", &o, sizeof o, options) != ACCEL_OK)
        return NULL;
    const schedule_kind *kind = schedule_kind_find(name);
    optimizer *opt = kind ? optimizer_of(optimizer_handle, "accel_scheduler_create") : NULL;
    scheduler *s = opt ? memory_alloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    *s = (scheduler){.kind = kind, .control = {.stride = 1}};
    object *handle = read_options(s, opt, &o) == ACCEL_OK ? object_create(&scheduler_class, s) : NULL;
    if (!handle) {
        discard(s);
        return NULL;
    }
    s->optimizer = object_retain(optimizer_handle);
    if (!follows_metric(s)) {
        start(opt);
        apply(s);
    }
    return (accel_scheduler *)handle;
}

void scheduler_set_control(accel_scheduler *handle, const scheduler_control *control)
{
    scheduler *s = scheduler_of(handle, "accelerator_prepare");
    if (s)
        s->control = control ? *control : (scheduler_control){.stride = 1};
}

accel_status scheduler_describe(accel_scheduler *handle, buffer *text)
{
    const scheduler *s = scheduler_of(handle, "accelerator_prepare");
    return s ? buffer_printf(text, "a scheduler, %s,", s->kind->name) : accel_error_status();
}

int64_t scheduler_get_step(accel_scheduler *handle)
{
    const scheduler *s = scheduler_of(handle, __func__);
    return s ? s->step : 0;
}

void scheduler_set_step(accel_scheduler *handle, int64_t step)
{
    scheduler *s = scheduler_of(handle, __func__);
    if (!s || follows_metric(s))
        return;
    s->step = step;
    apply(s);
}

/* ---- stepping ---- */

accel_status accel_scheduler_step(accel_scheduler *handle)
{
    RETURN_STATUS_IF_FAILED();
    scheduler *s = scheduler_of(handle, __func__);
    if (!s)
        return accel_error_status();
    if (follows_metric(s))
        return RAISE(ACCEL_EINVAL, "schedule \"%s\" follows a metric; use accel_scheduler_step_with_metric",
                     s->kind->name);
    if (s->control.acts && !s->control.acts(s->optimizer, s->control.user))
        return ACCEL_OK;
    s->step += s->control.stride;
    apply(s);
    return ACCEL_OK;
}

accel_status accel_scheduler_step_with_metric(accel_scheduler *handle, double metric)
{
    RETURN_STATUS_IF_FAILED();
    scheduler *s = scheduler_of(handle, __func__);
    if (!s)
        return accel_error_status();
    if (!follows_metric(s))
        return RAISE(ACCEL_EINVAL, "schedule \"%s\" follows no metric; use accel_scheduler_step",
                     s->kind->name);
    optimizer *opt = optimizer_of(s->optimizer, __func__);
    return opt ? plateau_step(&s->of.plateau, opt, metric) : accel_error_status();
}

/* ---- state ---- */

static void set_number(accel_dict *dict, const char *name, accel_dtype dtype, const void *value)
{
    state_set(dict, name, dtype, value, NULL, 0);
}

/* The learning rates of all groups: what they are, or what a schedule scales. */
static void set_rates(accel_dict *dict, const char *name, const optimizer *opt, bool initial)
{
    double *rates = memory_alloc(opt->groups_count, sizeof *rates);
    const int64_t count = (int64_t)opt->groups_count;
    for (size_t i = 0; rates && i < opt->groups_count; i++)
        rates[i] = initial ? opt->groups[i].initial_lr : opt->groups[i].lr;
    if (rates)
        state_set(dict, name, ACCEL_FLOAT64, rates, &count, 1);
    memory_free(rates);
}

static void set_schedule(accel_dict *dict, const scheduler *s, const optimizer *opt)
{
    const bool no = false;
    const int64_t steps = s->step + 1;
    set_rates(dict, "base_lrs", opt, true);
    set_number(dict, "last_epoch", ACCEL_INT64, &s->step);
    set_number(dict, "_step_count", ACCEL_INT64, &steps);
    set_number(dict, "_is_initial", ACCEL_BOOLEAN, &no);
    set_number(dict, "_get_lr_called_within_step", ACCEL_BOOLEAN, &no);
}

static void set_plateau(accel_dict *dict, const plateau *p)
{
    set_number(dict, "last_epoch", ACCEL_INT64, &p->seen);
    set_number(dict, "best", ACCEL_FLOAT64, &p->best);
    set_number(dict, "num_bad_epochs", ACCEL_INT64, &p->bad);
    set_number(dict, "cooldown_counter", ACCEL_INT64, &p->cooldown_left);
}

accel_dict *accel_scheduler_state_dict(accel_scheduler *handle)
{
    RETURN_NULL_IF_FAILED();
    const scheduler *s = scheduler_of(handle, __func__);
    const optimizer *opt = s ? optimizer_of(s->optimizer, __func__) : NULL;
    accel_dict *dict = opt ? accel_dict_create() : NULL;
    if (!dict)
        return NULL;
    if (follows_metric(s))
        set_plateau(dict, &s->of.plateau);
    else
        set_schedule(dict, s, opt);
    set_rates(dict, "_last_lr", opt, false);
    if (!accel_error_is_set())
        return dict;
    accel_free(dict);
    return NULL;
}

static const char loading[] = "accel_scheduler_load_state_dict";

static double get_number(accel_dict *state, const char *name)
{
    accel_tensor *number = state_get(state, name, loading);
    return number ? accel_item(number) : (double)NAN;
}

/* A whole number from 0. */
static int64_t get_count(accel_dict *state, const char *name)
{
    double count = get_number(state, name);
    if (!accel_error_is_set() && !(count >= 0 && count < 0x1p53 && count == trunc(count)))
        accel_error_raise(ACCEL_EINVAL, loading, "\"%s\" must be a whole number from 0, got %g", name, count);
    return accel_error_is_set() ? 0 : (int64_t)count;
}

/* `puts`: it is not only looked at. */
static accel_status take_plateau(plateau *p, accel_dict *state, bool puts)
{
    plateau taken = *p;
    taken.best = get_number(state, "best");
    taken.bad = get_count(state, "num_bad_epochs");
    taken.cooldown_left = get_count(state, "cooldown_counter");
    taken.seen = get_count(state, "last_epoch");
    if (puts && !accel_error_is_set())
        *p = taken;
    return accel_error_status();
}

static accel_status take_schedule(scheduler *s, optimizer *opt, accel_dict *state, bool puts)
{
    int64_t step = get_count(state, "last_epoch");
    accel_tensor *rates = state_get(state, "base_lrs", loading);
    double *base = rates ? memory_alloc(opt->groups_count, sizeof *base) : NULL;
    if (base && accel_tensor_numel(rates) != (int64_t)opt->groups_count)
        accel_error_raise(ACCEL_EMISMATCH, loading, "\"base_lrs\" are of %lld groups, the optimizer has %zu",
                          (long long)accel_tensor_numel(rates), opt->groups_count);
    if (base && !accel_error_is_set())
        accel_scoped() {
            accel_tensor_copy_to(accel_to_dtype(rates, ACCEL_FLOAT64), base, opt->groups_count * sizeof *base);
        }
    for (size_t i = 0; i < opt->groups_count && !accel_error_is_set(); i++)
        optimizer_check_lr(loading, base[i]);
    if (puts && !accel_error_is_set()) {
        s->step = step;
        for (size_t i = 0; i < opt->groups_count; i++)
            opt->groups[i].initial_lr = base[i];
    }
    memory_free(base);
    return accel_error_status();
}

static accel_status take(accel_scheduler *handle, accel_dict *state, bool puts)
{
    RETURN_STATUS_IF_FAILED();
    scheduler *s = scheduler_of(handle, loading);
    optimizer *opt = s ? optimizer_of(s->optimizer, loading) : NULL;
    if (!opt)
        return accel_error_status();
    return follows_metric(s) ? take_plateau(&s->of.plateau, state, puts) : take_schedule(s, opt, state, puts);
}

accel_status accel_scheduler_load_state_dict(accel_scheduler *handle, accel_dict *state)
{
    return take(handle, state, true);
}

accel_status scheduler_check_state(accel_scheduler *handle, accel_dict *state)
{
    return take(handle, state, false);
}

double accel_scheduler_last_lr(accel_scheduler *handle, size_t group)
{
    scheduler *s = scheduler_of(handle, __func__);
    return s ? accel_optimizer_lr(s->optimizer, group) : (double)NAN;
}
