#include <accel/options.h>

#include "base/error.h"
#include "optim/step.h"
#include "tensor/op.h"

static accel_status check_options(const char *call, const accel_sgd_options *o)
{
    if (optimizer_check_lr(call, o->lr) != ACCEL_OK ||
        optimizer_check_not_negative(call, "momentum", o->momentum) != ACCEL_OK ||
        optimizer_check_not_negative(call, "weight_decay", o->weight_decay) != ACCEL_OK)
        return accel_error_status();
    if (!isfinite(o->dampening))
        return accel_error_raise(ACCEL_EINVAL, call, "dampening must be finite, got %g", o->dampening);
    if (o->nesterov && (o->momentum == 0 || o->dampening != 0))
        return accel_error_raise(ACCEL_EINVAL, call,
                                 "nesterov needs momentum and no dampening, got momentum %g and dampening %g",
                                 o->momentum, o->dampening);
    return ACCEL_OK;
}

static accel_status check(const char *call, const optimizer *opt)
{
    return check_options(call, &opt->options.sgd);
}

/* momentum_buffer */
static size_t states(const optimizer *opt) { return opt->options.sgd.momentum != 0 ? 1 : 0; }

static accel_status run(const optimizer *opt, const parameter_group *g, const step_lists *l)
{
    static op_site site = {"accel_optimizer_step", "aten::_fused_sgd_", NULL};
    const accel_sgd_options *o = &opt->options.sgd;
    const accel_value values[] = {
        op_tensors(l->parameters, l->count),
        op_tensors(l->gradients, l->count),
        op_tensors(l->states[0], states(opt) ? l->count : 0),
        accel_value_of_real(g->weight_decay),
        accel_value_of_real(o->momentum),
        accel_value_of_real(g->lr),
        accel_value_of_real(o->dampening),
        accel_value_of_boolean(o->nesterov),
        accel_value_of_boolean(o->maximize),
        accel_value_of_boolean(l->first),
    };
    return op_run(&site, values, sizeof values / sizeof values[0]);
}

accel_sgd_options accel_sgd_options_default(void) { return (accel_sgd_options){ACCEL_SGD_DEFAULTS()}; }

accel_optimizer *sgd_create(const accel_sgd_options *options)
{
    RETURN_NULL_IF_FAILED();
    static const option_field fields[] = {
        {"momentum", OPTION_REAL, offsetof(accel_sgd_options, momentum)},
        {"dampening", OPTION_REAL, offsetof(accel_sgd_options, dampening)},
        {"nesterov", OPTION_FLAG, offsetof(accel_sgd_options, nesterov)},
        {"maximize", OPTION_FLAG, offsetof(accel_sgd_options, maximize)},
    };
    static const step_rule rule = {"sgd",
                                   states,
                                   run,
                                   .check = check,
                                   .state_names = {"momentum_buffer"},
                                   .fields = fields,
                                   .fields_count = sizeof fields / sizeof fields[0]};
    accel_sgd_options o = accel_sgd_options_default();
    if (accel_options_read("accel_sgd", &o, sizeof o, options) != ACCEL_OK ||
        check_options("accel_sgd", &o) != ACCEL_OK)
        return NULL;
    return optimizer_create(
        &(optimizer){.rule = &rule, .options.sgd = o, .lr = o.lr, .weight_decay = o.weight_decay});
}
