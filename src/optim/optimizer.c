#include "optim/optimizer.h"

#include <accel/autograd.h>
#include <accel/options.h>

#include "base/error.h"
#include "base/memory.h"
#include "optim/step.h"
#include "tensor/phase.h"
#include "tensor/tensor.h"

static void free_slot(slot *s)
{
    object_release(s->parameter);
    for (size_t i = 0; i < OPTIMIZER_STATES; i++)
        object_release(s->states[i]);
}

static void free_group(parameter_group *g)
{
    for (size_t i = 0; i < g->count; i++)
        free_slot(&g->slots[i]);
    memory_free(g->slots);
}

static void destroy(object *o)
{
    optimizer *opt = o->payload;
    for (size_t i = 0; i < opt->groups_count; i++)
        free_group(&opt->groups[i]);
    memory_free(opt->groups);
    memory_free(opt);
}

const object_class optimizer_class = {.name = "optimizer", .destroy = destroy};

optimizer *optimizer_of(accel_optimizer *handle, const char *call)
{
    return object_payload(handle, &optimizer_class, call, "optimizer");
}

/* ---- making ---- */

accel_status optimizer_check_not_negative(const char *call, const char *name, double value)
{
    if (!(value >= 0))
        return accel_error_raise(ACCEL_EINVAL, call, "%s must not be negative, got %g", name, value);
    return ACCEL_OK;
}

accel_status optimizer_check_lr(const char *call, double lr)
{
    if (optimizer_check_not_negative(call, "lr", lr) == ACCEL_OK && isinf(lr))
        accel_error_raise(ACCEL_EINVAL, call, "lr must be finite, got %g", lr);
    return accel_error_status();
}

accel_optimizer *optimizer_create(const optimizer *made)
{
    optimizer *opt = memory_alloc(1, sizeof *opt);
    object *handle = opt ? object_create(&optimizer_class, opt) : NULL;
    if (handle)
        *opt = *made;
    else
        memory_free(opt);
    return (accel_optimizer *)handle;
}

/* ---- groups ---- */

accel_group_options accel_group_options_default(void) { return (accel_group_options){ACCEL_GROUP_DEFAULTS()}; }

static bool has_parameter(const optimizer *opt, const accel_tensor *parameter)
{
    for (size_t i = 0; i < opt->groups_count; i++)
        for (size_t k = 0; k < opt->groups[i].count; k++)
            if (opt->groups[i].slots[k].parameter == parameter)
                return true;
    return false;
}

static bool has_before(accel_dict *parameters, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (accel_dict_tensor(parameters, i) == accel_dict_tensor(parameters, index))
            return true;
    return false;
}

static accel_status check_parameters(const optimizer *opt, accel_dict *parameters)
{
    static const char call[] = "accel_optimizer_add_group";
    if (accel_dict_count(parameters) == 0 && !accel_error_is_set())
        return accel_error_raise(ACCEL_EINVAL, call, "parameters is empty");
    for (size_t i = 0; i < accel_dict_count(parameters); i++) {
        accel_tensor *parameter = accel_dict_tensor(parameters, i);
        const char *name = accel_dict_name(parameters, i);
        if (!accel_requires_grad(parameter))
            return accel_error_raise(ACCEL_EINVAL, call, "\"%s\" does not require gradients", name);
        if (!tensor_is_leaf(parameter))
            return accel_error_raise(ACCEL_EINVAL, call, "\"%s\" is computed from others, expected a leaf",
                                     name);
        if (has_parameter(opt, parameter) || has_before(parameters, i))
            return accel_error_raise(ACCEL_EINVAL, call, "\"%s\" is in a group already", name);
    }
    return accel_error_status();
}

/* NaN stands for the optimizer's own. */
static accel_status check_group_options(const accel_group_options *o)
{
    static const char call[] = "accel_optimizer_add_group";
    if (!isnan(o->lr) && optimizer_check_lr(call, o->lr) != ACCEL_OK)
        return accel_error_status();
    return isnan(o->weight_decay) ? ACCEL_OK
                                  : optimizer_check_not_negative(call, "weight_decay", o->weight_decay);
}

static accel_status fill_group(parameter_group *g, accel_dict *parameters)
{
    size_t count = accel_dict_count(parameters);
    g->slots = memory_alloc(count, sizeof *g->slots);
    if (!g->slots)
        return accel_error_status();
    g->count = count;
    for (size_t i = 0; i < count; i++)
        g->slots[i].parameter = object_retain(accel_dict_tensor(parameters, i));
    return ACCEL_OK;
}

accel_status accel_optimizer_add_group_with(accel_optimizer *handle, accel_dict *parameters,
                                            const accel_group_options *options)
{
    RETURN_STATUS_IF_FAILED();
    accel_group_options o = accel_group_options_default();
    optimizer *opt = optimizer_of(handle, "accel_optimizer_add_group");
    if (accel_options_read("accel_optimizer_add_group", &o, sizeof o, options) != ACCEL_OK || !opt ||
        check_group_options(&o) != ACCEL_OK || check_parameters(opt, parameters) != ACCEL_OK)
        return accel_error_status();
    parameter_group *groups = memory_resize(opt->groups, opt->groups_count + 1, sizeof *groups);
    if (!groups)
        return accel_error_status();
    opt->groups = groups;
    parameter_group *g = &groups[opt->groups_count];
    *g = (parameter_group){.lr = isnan(o.lr) ? opt->lr : o.lr,
                           .initial_lr = (double)NAN,
                           .weight_decay = isnan(o.weight_decay) ? opt->weight_decay : o.weight_decay};
    if (fill_group(g, parameters) == ACCEL_OK)
        opt->groups_count++;
    return accel_error_status();
}

/* ---- training ---- */

accel_status optimizer_start(accel_optimizer *handle)
{
    optimizer *opt = optimizer_of(handle, "accelerator_prepare");
    for (size_t i = 0; opt && i < opt->groups_count && !accel_error_is_set(); i++)
        step_start_group(opt, &opt->groups[i]);
    return accel_error_status();
}

accel_status optimizer_describe(accel_optimizer *handle, buffer *text)
{
    const optimizer *opt = optimizer_of(handle, "accelerator_prepare");
    if (!opt)
        return accel_error_status();
    buffer_printf(text, "an optimizer, %s,", opt->rule->name);
    for (size_t i = 0; i < opt->groups_count; i++) {
        const parameter_group *g = &opt->groups[i];
        buffer_printf(text, "%s of %zu parameter%s with lr %.17g, weight_decay %.17g", i > 0 ? " and" : "",
                      g->count, g->count == 1 ? "" : "s", g->lr, g->weight_decay);
    }
    return accel_error_status();
}

void optimizer_visit(accel_optimizer *handle, void (*visit)(slot *s, void *user), void *user)
{
    optimizer *opt = optimizer_of(handle, __func__);
    for (size_t i = 0; opt && i < opt->groups_count; i++)
        for (size_t k = 0; k < opt->groups[i].count; k++)
            visit(&opt->groups[i].slots[k], user);
}

void optimizer_set_control(accel_optimizer *handle, const optimizer_control *control)
{
    optimizer *opt = optimizer_of(handle, "accelerator_prepare");
    if (opt)
        opt->control = control ? *control : (optimizer_control){0};
}

/* An optimizer whose steps take place now, or NULL. */
static optimizer *acting(accel_optimizer *handle, const char *call)
{
    optimizer *opt = optimizer_of(handle, call);
    return opt && (!opt->control.acts || opt->control.acts(opt->control.user)) ? opt : NULL;
}

accel_status accel_optimizer_step(accel_optimizer *handle)
{
    RETURN_STATUS_IF_FAILED();
    optimizer *opt = acting(handle, __func__);
    if (!opt || (opt->control.fits && !opt->control.fits(opt->control.user)))
        return accel_error_status();
    phase *steps = phase_begin("step");
    accel_no_grad() {
        for (size_t i = 0; i < opt->groups_count; i++)
            step_group(opt, &opt->groups[i]);
    }
    phase_end(steps);
    return accel_error_status();
}

accel_status accel_optimizer_zero_grad(accel_optimizer *handle)
{
    RETURN_STATUS_IF_FAILED();
    optimizer *opt = acting(handle, __func__);
    for (size_t i = 0; opt && i < opt->groups_count; i++)
        for (size_t k = 0; k < opt->groups[i].count; k++)
            accel_set_grad(opt->groups[i].slots[k].parameter, NULL);
    return accel_error_status();
}

static size_t parameter_count(const optimizer *opt)
{
    size_t count = 0;
    for (size_t i = 0; i < opt->groups_count; i++)
        count += opt->groups[i].count;
    return count;
}

accel_tensor **optimizer_parameters(accel_optimizer *handle, size_t *count)
{
    optimizer *opt = optimizer_of(handle, "accel_optimizer_step");
    accel_tensor **parameters = opt ? memory_alloc(parameter_count(opt), sizeof *parameters) : NULL;
    *count = 0;
    for (size_t i = 0; parameters && i < opt->groups_count; i++)
        for (size_t k = 0; k < opt->groups[i].count; k++)
            parameters[(*count)++] = opt->groups[i].slots[k].parameter;
    return parameters;
}

bool optimizer_has_parameter(accel_optimizer *handle, const accel_tensor *parameter)
{
    optimizer *opt = optimizer_of(handle, "accelerator_clip_grad_norm");
    return opt && has_parameter(opt, parameter);
}

size_t accel_optimizer_group_count(accel_optimizer *handle)
{
    optimizer *opt = optimizer_of(handle, __func__);
    return opt ? opt->groups_count : 0;
}

static parameter_group *group_of(accel_optimizer *handle, size_t index, const char *call)
{
    optimizer *opt = optimizer_of(handle, call);
    if (!opt)
        return NULL;
    if (index < opt->groups_count)
        return &opt->groups[index];
    accel_error_raise(ACCEL_EINVAL, call, "group is %zu, the optimizer has %zu", index, opt->groups_count);
    return NULL;
}

double accel_optimizer_lr(accel_optimizer *handle, size_t index)
{
    parameter_group *g = group_of(handle, index, __func__);
    return g ? g->lr : (double)NAN;
}

accel_status accel_optimizer_set_lr(accel_optimizer *handle, size_t index, double lr)
{
    RETURN_STATUS_IF_FAILED();
    parameter_group *g = group_of(handle, index, __func__);
    if (!g)
        return accel_error_status();
    if (optimizer_check_lr(__func__, lr) == ACCEL_OK)
        g->lr = lr;
    return accel_error_status();
}
