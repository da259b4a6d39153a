/**
 * Learning-rate schedules: functions of the step that scale each group's initial learning rate.
 *
 *     accel_scheduler *sched = accel_scheduler_create("linear", opt, .num_warmup_steps = 0, .num_training_steps = n);
 *     … accel_optimizer_step(opt); accel_scheduler_step(sched);
 */
#ifndef ACCEL_SCHEDULER_H
#define ACCEL_SCHEDULER_H

#include <stddef.h>
#include <stdint.h>

#include <accel/optimizer.h>

ACCEL_BEGIN_DECLS

typedef struct accel_scheduler_options {
    size_t struct_size;
    int64_t num_warmup_steps;   /**< steps from 0 up to the initial learning rate */
    int64_t num_training_steps; /**< steps until 0; -1: not given, an error for schedules that need it */
} accel_scheduler_options;
#define ACCEL_SCHEDULER_DEFAULTS()                                                                             \
    .struct_size = sizeof(accel_scheduler_options), .num_warmup_steps = 0, .num_training_steps = -1

/** A schedule for all groups that the optimizer, which is retained, has now: new. It sets their learning rate for the
    first step at once. Names: "linear" (up during the warm-up, then down to 0), "constant". ACCEL_ENOTFOUND for
    another name. Source: transformers.get_scheduler. */
ACCEL_API accel_scheduler *accel_scheduler_create_with(const char *name, accel_optimizer *optimizer,
                                                       const accel_scheduler_options *options);
ACCEL_API accel_scheduler_options accel_scheduler_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_scheduler *, accel_scheduler_create, const char *, accel_optimizer *,
                  accel_scheduler_options)
#else
#define accel_scheduler_create(...)                                                                            \
    ACCEL_CALL_2(accel_scheduler_create_with, accel_scheduler_options, ACCEL_SCHEDULER_DEFAULTS, __VA_ARGS__)
#endif

/** Sets the learning rates for the next step. A prepared schedule advances once per process, because programs compute
    num_training_steps from the length of a loader that is not sharded yet. Source: AcceleratedScheduler.step. */
ACCEL_API accel_status accel_scheduler_step(accel_scheduler *scheduler);

/** The learning rate of a group, as accel_optimizer_lr gives it: what the schedule set last, unless the program set
    another since; NaN on failure. Source: get_last_lr. */
ACCEL_API double accel_scheduler_last_lr(accel_scheduler *scheduler, size_t group);

ACCEL_END_DECLS

#endif
