#include "optim/adam.h"

static accel_status run(const optimizer *opt, const parameter_group *g, const step_lists *lists)
{
    static op_site site = {"accel_optimizer_step", "aten::_fused_adamw_", NULL};
    return adam_run_kernel(&site, opt, g, lists);
}

accel_adamw_options accel_adamw_options_default(void) { return (accel_adamw_options){ACCEL_ADAMW_DEFAULTS()}; }

accel_optimizer *adamw_create(const accel_adamw_options *options)
{
    static const step_rule rule = {"adamw", adam_states, run, ADAM_STATE_DICT};
    return adam_create_with_rule("accel_adamw", &rule, accel_adamw_options_default(), options);
}
