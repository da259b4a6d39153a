#include "optim/scheduler.h"

#include <accel/options.h>

#include "base/error.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "optim/plateau.h"
#include "optim/schedule_kind.h"

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

double accel_scheduler_last_lr(accel_scheduler *handle, size_t group)
{
    scheduler *s = scheduler_of(handle, __func__);
    return s ? accel_optimizer_lr(s->optimizer, group) : (double)NAN;
}
