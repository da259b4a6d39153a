#include "optim/scheduler.h"

#include <string.h>

#include <accel/options.h>

#include "base/error.h"
#include "base/memory.h"
#include "optim/optimizer.h"

/* The factor of the initial learning rate at a step. */
typedef double schedule_factor(const accel_scheduler_options *options, int64_t step);

typedef struct schedule {
    const char *name;
    schedule_factor *factor;
    bool needs_training_steps;
} schedule;

static double ratio(int64_t part, int64_t whole) { return (double)part / (double)(whole > 1 ? whole : 1); }

static double constant_factor(const accel_scheduler_options *options, int64_t step)
{
    (void)options, (void)step;
    return 1;
}

static double linear_factor(const accel_scheduler_options *options, int64_t step)
{
    if (step < options->num_warmup_steps)
        return ratio(step, options->num_warmup_steps);
    double left =
        ratio(options->num_training_steps - step, options->num_training_steps - options->num_warmup_steps);
    return left > 0 ? left : 0;
}

static const schedule schedules[] = {
    {"linear", linear_factor, true},
    {"constant", constant_factor, false},
};

enum { SCHEDULES = sizeof schedules / sizeof schedules[0] };

typedef struct scheduler {
    const schedule *schedule;
    accel_scheduler_options options;
    accel_optimizer *optimizer; /* retained */
    int64_t step, stride;
} scheduler;

static void destroy(object *o)
{
    scheduler *s = o->payload;
    object_release(s->optimizer);
    memory_free(s);
}

const object_class scheduler_class = {.name = "scheduler", .destroy = destroy};

static scheduler *scheduler_of(accel_scheduler *handle, const char *call)
{
    return object_payload(handle, &scheduler_class, call, "scheduler");
}

static const schedule *find_schedule(const char *name)
{
    for (int i = 0; name && i < SCHEDULES; i++)
        if (strcmp(schedules[i].name, name) == 0)
            return &schedules[i];
    if (name)
        accel_error_raise(ACCEL_ENOTFOUND, "accel_scheduler_create",
                          "no schedule is called \"%s\"; there is linear, constant", name);
    else
        accel_error_raise(ACCEL_ENOTFOUND, "accel_scheduler_create", "name is NULL; there is linear, constant");
    return NULL;
}

static accel_status check(const schedule *kind, const accel_scheduler_options *o)
{
    static const char call[] = "accel_scheduler_create";
    if (o->num_warmup_steps < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "num_warmup_steps must not be negative, got %lld",
                                 (long long)o->num_warmup_steps);
    if (kind->needs_training_steps && o->num_training_steps < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "schedule \"%s\" needs num_training_steps", kind->name);
    return ACCEL_OK;
}

static void apply(scheduler *s)
{
    optimizer *opt = optimizer_of(s->optimizer, "accel_scheduler_step");
    double factor = s->schedule->factor(&s->options, s->step);
    for (size_t i = 0; opt && i < opt->groups_count; i++)
        if (!isnan(opt->groups[i].initial_lr))
            opt->groups[i].lr = opt->groups[i].initial_lr * factor;
}

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

accel_scheduler *accel_scheduler_create_with(const char *name, accel_optimizer *optimizer_handle,
                                             const accel_scheduler_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_scheduler_options o = accel_scheduler_options_default();
    if (accel_options_read("accel_scheduler_create", &o, sizeof o, options) != ACCEL_OK)
        return NULL;
    const schedule *kind = find_schedule(name);
    optimizer *opt = kind ? optimizer_of(optimizer_handle, "accel_scheduler_create") : NULL;
    if (!opt || check(kind, &o) != ACCEL_OK)
        return NULL;
    scheduler *s = memory_alloc(1, sizeof *s);
    object *handle = s ? object_create(&scheduler_class, s) : NULL;
    if (!handle) {
        memory_free(s);
        return NULL;
    }
    *s = (scheduler){.schedule = kind, .options = o, .optimizer = object_retain(optimizer_handle), .stride = 1};
    start(opt);
    apply(s);
    return (accel_scheduler *)handle;
}

accel_status scheduler_set_stride(accel_scheduler *handle, int64_t stride)
{
    scheduler *s = scheduler_of(handle, "accelerator_prepare");
    if (!s)
        return accel_error_status();
    s->stride = stride;
    return ACCEL_OK;
}

accel_status accel_scheduler_step(accel_scheduler *handle)
{
    RETURN_STATUS_IF_FAILED();
    scheduler *s = scheduler_of(handle, __func__);
    if (!s)
        return accel_error_status();
    s->step += s->stride;
    apply(s);
    return ACCEL_OK;
}

double accel_scheduler_last_lr(accel_scheduler *handle, size_t group)
{
    scheduler *s = scheduler_of(handle, __func__);
    return s ? accel_optimizer_lr(s->optimizer, group) : (double)NAN;
}
