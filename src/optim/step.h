/* A step of a group: who takes part in it, and the rule that moves them. */
#ifndef ACCEL_OPTIM_STEP_H
#define ACCEL_OPTIM_STEP_H

#include <accel/op.h>

#include "optim/optimizer.h"
#include "optim/option_field.h"

/* Slots whose parameter has a gradient, and their tensors as the fused kernels take them: these read and write every
   one as a plain array, so all are without gaps, of one dtype and on one device. For all of them it is the first step, or for
   none. */
typedef struct step_lists {
    slot **slots;
    accel_tensor **parameters, **gradients, **states[OPTIMIZER_STATES];
    size_t count;
    bool first;
} step_lists;

typedef struct step_rule {
    const char *name;
    size_t (*states)(const optimizer *opt); /* tensors of state that a slot has */
    accel_status (*run)(const optimizer *opt, const parameter_group *g, const step_lists *lists);
    /* The options' ranges; records what is wrong under `call`. */
    accel_status (*check)(const char *call, const optimizer *opt);
    /* As PyTorch's state dicts have them. */
    const char *state_names[OPTIMIZER_STATES];
    bool has_step; /* beside the states */
    const option_field *fields;
    size_t fields_count;
} step_rule;

accel_status step_group(const optimizer *opt, parameter_group *g);

/* Makes the state of every slot that has none, where its parameter is, and moves the others' there. */
accel_status step_start_group(const optimizer *opt, parameter_group *g);

#endif
