#include "optim/adam.h"

#include <accel/options.h>
#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/device.h"

static accel_status check_beta(const char *call, const char *name, double beta)
{
    if (beta >= 0 && beta < 1)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, call, "%s must be in [0, 1), got %g", name, beta);
}

static accel_status check_options(const char *call, const accel_adam_options *o)
{
    if (optimizer_check_lr(call, o->lr) == ACCEL_OK && check_beta(call, "beta1", o->beta1) == ACCEL_OK &&
        check_beta(call, "beta2", o->beta2) == ACCEL_OK &&
        optimizer_check_not_negative(call, "eps", o->eps) == ACCEL_OK)
        optimizer_check_not_negative(call, "weight_decay", o->weight_decay);
    return accel_error_status();
}

accel_status adam_check(const char *call, const optimizer *opt)
{
    return check_options(call, &opt->options.adam);
}

accel_optimizer *adam_create_with_rule(const char *call, const step_rule *rule, accel_adam_options o,
                                       const accel_adam_options *given)
{
    RETURN_NULL_IF_FAILED();
    if (accel_options_read(call, &o, sizeof o, given) != ACCEL_OK || check_options(call, &o) != ACCEL_OK)
        return NULL;
    return optimizer_create(
        &(optimizer){.rule = rule, .options.adam = o, .lr = o.lr, .weight_decay = o.weight_decay});
}

const option_field adam_fields[ADAM_FIELDS] = {
    {"betas", OPTION_PAIR, offsetof(accel_adam_options, beta1)},
    {"eps", OPTION_REAL, offsetof(accel_adam_options, eps)},
    {"amsgrad", OPTION_FLAG, offsetof(accel_adam_options, amsgrad)},
    {"maximize", OPTION_FLAG, offsetof(accel_adam_options, maximize)},
};

_Static_assert(offsetof(accel_adam_options, beta2) == offsetof(accel_adam_options, beta1) + sizeof(double),
               "a pair");

size_t adam_states(const optimizer *opt) { return opt->options.adam.amsgrad ? 3 : 2; }

/* The number of each slot's step. One tensor serves all neighbours that are at the same, which nearly always is every
   slot. */
static void number_steps(const step_lists *l, accel_tensor **steps)
{
    for (size_t i = 0; i < l->count; i++) {
        int64_t step = l->slots[i]->step + 1;
        bool same = i > 0 && l->slots[i - 1]->step + 1 == step;
        steps[i] = same ? steps[i - 1] : device_scalar(l->parameters[i], (double)step, ACCEL_FLOAT32);
    }
}

accel_status adam_run_kernel(op_site *site, const optimizer *opt, const parameter_group *g, const step_lists *l)
{
    const accel_adam_options *o = &opt->options.adam;
    accel_tensor **steps = memory_alloc(l->count, sizeof *steps);
    if (!steps)
        return accel_error_status();
    number_steps(l, steps);
    const accel_value values[] = {
        op_tensors(l->parameters, l->count),
        op_tensors(l->gradients, l->count),
        op_tensors(l->states[0], l->count),
        op_tensors(l->states[1], l->count),
        op_tensors(l->states[2], o->amsgrad ? l->count : 0),
        op_tensors(steps, l->count),
        accel_value_of_real(g->lr),
        accel_value_of_real(o->beta1),
        accel_value_of_real(o->beta2),
        accel_value_of_real(g->weight_decay),
        accel_value_of_real(o->eps),
        accel_value_of_boolean(o->amsgrad),
        accel_value_of_boolean(o->maximize),
    };
    if (!accel_error_is_set())
        op_run(site, values, sizeof values / sizeof values[0]);
    memory_free(steps);
    return accel_error_status();
}

static accel_status run(const optimizer *opt, const parameter_group *g, const step_lists *lists)
{
    static op_site site = {"accel_optimizer_step", "aten::_fused_adam_", NULL};
    return adam_run_kernel(&site, opt, g, lists);
}

accel_adam_options accel_adam_options_default(void) { return (accel_adam_options){ACCEL_ADAM_DEFAULTS()}; }

accel_optimizer *adam_create(const accel_adam_options *options)
{
    static const step_rule rule = {"adam", adam_states, run, ADAM_STATE_DICT};
    return adam_create_with_rule("accel_adam", &rule, accel_adam_options_default(), options);
}
