/* Optimizers as the files of this room see them: groups of parameters, their state, and a rule that steps. */
#ifndef ACCEL_OPTIM_OPTIMIZER_H
#define ACCEL_OPTIM_OPTIMIZER_H

#include <accel/optimizer.h>

#include "base/object.h"

/* A parameter and its running means; the means exist from its first step on, or from before it. All retained. */
typedef struct slot {
    accel_tensor *parameter;
    accel_tensor *exp_avg, *exp_avg_sq, *max_exp_avg_sq;
    int64_t step;
} slot;

typedef struct parameter_group {
    slot *slots;
    size_t count;
    double lr, weight_decay;
    double initial_lr; /* what schedules scale: the lr when the first was made; NaN before that */
} parameter_group;

typedef struct optimizer {
    accel_adamw_options options;
    parameter_group *groups;
    size_t groups_count;
} optimizer;

extern const object_class optimizer_class;

optimizer *optimizer_of(accel_optimizer *handle, const char *call);

/* An optimizer without groups: new. */
accel_optimizer *optimizer_create(const accel_adamw_options *options);

/* Makes all running means now: together in memory, where otherwise the first step scatters them between what is freed
   and taken again at every step. What does not fit is known before training begins. */
accel_status optimizer_start(accel_optimizer *optimizer);

/* One group's part of that, and of a step. */
accel_status adamw_start(const accel_adamw_options *options, parameter_group *g);
accel_status adamw_step(const accel_adamw_options *options, parameter_group *g);

#endif
