/* What the facade tells a schedule when it is prepared. */
#ifndef ACCEL_OPTIM_SCHEDULER_H
#define ACCEL_OPTIM_SCHEDULER_H

#include <accel/scheduler.h>

#include "base/buffer.h"
#include "base/object.h"

extern const object_class scheduler_class;

/* What decides about steps from outside. */
typedef struct scheduler_control {
    int64_t stride; /* how many steps of the schedule one call takes */
    bool (*acts)(accel_optimizer *optimizer,
                 void *user); /* whether it takes them now, by its optimizer; NULL: always */
    void *user;
} scheduler_control;

/* For accel_scheduler_step; one that follows a metric is left alone. NULL: one step a call, always. */
void scheduler_set_control(accel_scheduler *scheduler, const scheduler_control *control);

/* Whether accel_scheduler_load_state_dict would take it; records why not. */
accel_status scheduler_check_state(accel_scheduler *scheduler, accel_dict *state);

/* In words: "a scheduler, linear". */
accel_status scheduler_describe(accel_scheduler *scheduler, buffer *text);

/* The step it is at; 0 for one that follows a metric, which is left alone. */
int64_t scheduler_get_step(accel_scheduler *scheduler);
void scheduler_set_step(accel_scheduler *scheduler, int64_t step);

#endif
