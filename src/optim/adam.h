/* What Adam and AdamW share: all but the kernel and the defaults. */
#ifndef ACCEL_OPTIM_ADAM_H
#define ACCEL_OPTIM_ADAM_H

#include "optim/step.h"
#include "tensor/op.h"

/* An optimizer by that rule, checked under the name `call`: new. `options` holds the defaults, `given` what the caller
   gave. */
accel_optimizer *adam_create_with_rule(const char *call, const step_rule *rule, accel_adam_options options,
                                       const accel_adam_options *given);

/* exp_avg, exp_avg_sq and, with amsgrad, max_exp_avg_sq. */
size_t adam_states(const optimizer *opt);

/* What a state dict of either has, as members of a step_rule. */
accel_status adam_check(const char *call, const optimizer *opt);
enum { ADAM_FIELDS = 4 };
extern const option_field adam_fields[ADAM_FIELDS];
#define ADAM_STATE_DICT                                                                                        \
    .check = adam_check, .state_names = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, .has_step = true,         \
    .fields = adam_fields, .fields_count = ADAM_FIELDS

/* Has the kernel of `site` step the lists. */
accel_status adam_run_kernel(op_site *site, const optimizer *opt, const parameter_group *g,
                             const step_lists *lists);

#endif
