/* Optimizers as the files of this room see them: groups of parameters, their state, and a rule that steps. */
#ifndef ACCEL_OPTIM_OPTIMIZER_H
#define ACCEL_OPTIM_OPTIMIZER_H

#include <accel/optimizer.h>

#include "base/buffer.h"
#include "base/object.h"

enum { OPTIMIZER_STATES = 3 }; /* tensors of state that a rule keeps for a parameter, at most */

/* A parameter and what the rule keeps for it, in its order; it exists from the first step on, or from before it. All
   retained. */
typedef struct slot {
    accel_tensor *parameter;
    accel_tensor *states[OPTIMIZER_STATES];
    int64_t step; /* steps taken */
} slot;

typedef struct parameter_group {
    slot *slots;
    size_t count;
    double lr, weight_decay;
    double initial_lr; /* what schedules scale: the lr when the first was made; NaN before that */
} parameter_group;

/* What decides about steps from outside; NULL functions for nothing. */
typedef struct optimizer_control {
    bool (*acts)(void *user); /* whether steps and zero_grad take place at all now */
    bool (*fits)(
        void *user); /* before each step that does: false when it is skipped, or cannot be, with a record */
    void *user;
} optimizer_control;

typedef struct optimizer {
    const struct step_rule *rule;
    union {
        accel_adam_options adam;
        accel_sgd_options sgd;
    } options;
    double lr, weight_decay; /* of groups without their own */
    optimizer_control control;
    parameter_group *groups;
    size_t groups_count;
} optimizer;

extern const object_class optimizer_class;

optimizer *optimizer_of(accel_optimizer *handle, const char *call);

/* An optimizer like `made`, without groups: new. */
accel_optimizer *optimizer_create(const optimizer *made);

/* Options that every optimizer has. They record what is wrong under `call`. */
accel_status optimizer_check_lr(const char *call, double lr);
accel_status optimizer_check_not_negative(const char *call, const char *name, double value);

/* Optimizers without groups: new. NULL options are the defaults. */
accel_optimizer *adam_create(const accel_adam_options *options);
accel_optimizer *adamw_create(const accel_adamw_options *options);
accel_optimizer *sgd_create(const accel_sgd_options *options);

/* Makes all state now: together in memory, where otherwise the first step scatters it between what is freed and taken
   again at every step. What does not fit is known before training begins. */
accel_status optimizer_start(accel_optimizer *optimizer);

/* In words what the optimizers of processes that train together have in common: "an optimizer, sgd, of 2 parameters with lr
   0.1, weight_decay 0". */
accel_status optimizer_describe(accel_optimizer *optimizer, buffer *text);

/* accel_optimizer_load_state_dict in two steps: what may fail, new, with the state borrowed until then, NULL on failure; and what cannot,
   which takes it. Or it is left. */
typedef struct optimizer_taking optimizer_taking;
optimizer_taking *optimizer_take_state(accel_optimizer *optimizer, accel_dict *state);
void optimizer_put_state(optimizer_taking *taking);
void optimizer_leave_state(optimizer_taking *taking); /* NULL does nothing */

/* NULL: nothing decides. */
void optimizer_set_control(accel_optimizer *optimizer, const optimizer_control *control);

/* Every parameter's slot, in order. */
void optimizer_visit(accel_optimizer *optimizer, void (*visit)(slot *s, void *user), void *user);

/* All its parameters: free the list with memory_free. NULL on failure. */
accel_tensor **optimizer_parameters(accel_optimizer *optimizer, size_t *count);

bool optimizer_has_parameter(accel_optimizer *optimizer, const accel_tensor *parameter);

#endif
