/* An optimizer's state as a dict of PyTorch's names, out and in. */
#include <stdio.h>
#include <string.h>

#include <accel/autograd.h>
#include <accel/dict.h>
#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "optim/step.h"
#include "tensor/device.h"
#include "tensor/tensor.h"

enum { NAME_SIZE = 96 };

static const char *name_state(size_t place, const char *what, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "state.%zu.%s", place, what);
    return name;
}

static const char *name_option(size_t group, const char *what, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "param_groups.%zu.%s", group, what);
    return name;
}

/* ---- out ---- */

static void set(accel_dict *dict, const char *name, accel_tensor *tensor)
{
    accel_dict_set(dict, name, tensor);
    accel_free(tensor);
}

static void set_real(accel_dict *dict, size_t group, const char *what, double real)
{
    char name[NAME_SIZE];
    set(dict, name_option(group, what, name), accel_tensor_copy_from(&real, ACCEL_FLOAT64, NULL, 0));
}

static void set_field(accel_dict *dict, size_t group, const optimizer *opt, const option_field *field)
{
    const void *at = (const char *)&opt->options + field->offset;
    char name[NAME_SIZE];
    name_option(group, field->name, name);
    switch (field->kind) {
    case OPTION_REAL:
        set(dict, name, accel_tensor_copy_from(at, ACCEL_FLOAT64, NULL, 0));
        break;
    case OPTION_FLAG:
        set(dict, name, accel_tensor_copy_from(at, ACCEL_BOOLEAN, NULL, 0));
        break;
    case OPTION_PAIR:
        set(dict, name, accel_tensor_copy_from(at, ACCEL_FLOAT64, ACCEL_SHAPE(2)));
        break;
    }
}

static void set_group(accel_dict *dict, size_t group, const optimizer *opt, size_t first_place)
{
    const parameter_group *g = &opt->groups[group];
    char name[NAME_SIZE];
    set_real(dict, group, "lr", g->lr);
    set_real(dict, group, "weight_decay", g->weight_decay);
    for (size_t i = 0; i < opt->rule->fields_count; i++)
        set_field(dict, group, opt, &opt->rule->fields[i]);
    if (!isnan(g->initial_lr))
        set_real(dict, group, "initial_lr", g->initial_lr);
    accel_scoped() {
        accel_tensor *places = accel_arange((int64_t)(first_place + g->count));
        accel_dict_set(dict, name_option(group, "params", name),
                       accel_narrow(places, 0, (int64_t)first_place, (int64_t)g->count));
    }
}

static void set_slot(accel_dict *dict, size_t place, const optimizer *opt, const slot *s)
{
    char name[NAME_SIZE];
    if (s->step == 0)
        return;
    if (opt->rule->has_step) {
        const float step = (float)s->step;
        set(dict, name_state(place, "step", name), accel_tensor_copy_from(&step, ACCEL_FLOAT32, NULL, 0));
    }
    for (size_t i = 0; i < opt->rule->states(opt); i++)
        accel_dict_set(dict, name_state(place, opt->rule->state_names[i], name), s->states[i]);
}

accel_dict *accel_optimizer_state_dict(accel_optimizer *handle)
{
    RETURN_NULL_IF_FAILED();
    const optimizer *opt = optimizer_of(handle, __func__);
    accel_dict *dict = opt ? accel_dict_create() : NULL;
    for (size_t g = 0, place = 0; dict && g < opt->groups_count; g++)
        for (size_t k = 0; k < opt->groups[g].count; k++)
            set_slot(dict, place++, opt, &opt->groups[g].slots[k]);
    for (size_t g = 0, place = 0; dict && g < opt->groups_count; place += opt->groups[g++].count)
        set_group(dict, g, opt, place);
    if (!accel_error_is_set())
        return dict;
    accel_free(dict);
    return NULL;
}

/* ---- in: everything is read and checked into a copy before anything changes ---- */

static const char loading[] = "accel_optimizer_load_state_dict";

typedef struct taking {
    optimizer *opt;
    accel_dict *state;
    optimizer options; /* its options and groups' numbers as they will be */
    parameter_group *groups;
    slot *slots; /* of all groups: what each will have, retained */
} taking;

static bool get_real(const taking *t, size_t group, const char *what, double *real)
{
    char name[NAME_SIZE];
    if (!accel_dict_has(t->state, name_option(group, what, name)))
        return false;
    *real = accel_item(accel_dict_get(t->state, name));
    return true;
}

static accel_status raise_missing(const char *name)
{
    return accel_error_raise(ACCEL_ENOTFOUND, loading, "\"%s\" is missing", name);
}

static accel_status take_number(const taking *t, size_t group, const char *what, double *real)
{
    char name[NAME_SIZE];
    if (!get_real(t, group, what, real) && !accel_error_is_set())
        raise_missing(name_option(group, what, name));
    return accel_error_status();
}

/* One value for all groups; what the file does not have stays. */
static accel_status take_field(taking *t, size_t group, const option_field *field)
{
    char name[NAME_SIZE];
    if (!accel_dict_has(t->state, name_option(group, field->name, name)))
        return accel_error_status();
    accel_tensor *given = accel_dict_get(t->state, name);
    double values[2] = {0, 0};
    size_t count = field->kind == OPTION_PAIR ? 2 : 1;
    if (accel_tensor_numel(given) != (int64_t)count)
        return accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" has %lld elements, expected %zu", name,
                                 (long long)accel_tensor_numel(given), count);
    accel_scoped() {
        accel_tensor *flat = accel_reshape(accel_to_dtype(given, ACCEL_FLOAT64), ACCEL_SHAPE((int64_t)count));
        accel_tensor_copy_to(flat, values, count * sizeof values[0]);
    }
    void *at = (char *)&t->options.options + field->offset;
    bool flag = values[0] != 0;
    const void *value = field->kind == OPTION_FLAG ? (const void *)&flag : values;
    size_t size = field->kind == OPTION_FLAG ? sizeof flag : count * sizeof values[0];
    if (group > 0 && memcmp(at, value, size) != 0)
        return accel_error_raise(ACCEL_EUNSUPPORTED, loading, "\"%s\" is not that of the first group", name);
    memcpy(at, value, size);
    return accel_error_status();
}

static accel_status check_count(const taking *t, size_t group)
{
    char name[NAME_SIZE];
    const parameter_group *g = &t->opt->groups[group];
    if (!accel_dict_has(t->state, name_option(group, "params", name)))
        return raise_missing(name);
    int64_t count = accel_tensor_numel(accel_dict_get(t->state, name));
    if (count != (int64_t)g->count && !accel_error_is_set())
        accel_error_raise(ACCEL_EMISMATCH, loading, "group %zu has %lld parameters, the optimizer's has %zu",
                          group, (long long)count, g->count);
    return accel_error_status();
}

static accel_status take_group(taking *t, size_t group)
{
    parameter_group *g = &t->groups[group];
    if (check_count(t, group) != ACCEL_OK || take_number(t, group, "lr", &g->lr) != ACCEL_OK ||
        take_number(t, group, "weight_decay", &g->weight_decay) != ACCEL_OK ||
        optimizer_check_lr(loading, g->lr) != ACCEL_OK)
        return accel_error_status();
    if (!get_real(t, group, "initial_lr", &g->initial_lr))
        g->initial_lr = (double)NAN;
    for (size_t i = 0; i < t->opt->rule->fields_count && !accel_error_is_set(); i++)
        take_field(t, group, &t->opt->rule->fields[i]);
    return accel_error_status();
}

/* A copy beside the parameter, in its dtype. */
static accel_status take_tensor(const taking *t, const char *name, accel_tensor *parameter,
                                accel_tensor **state)
{
    engine_view own, given;
    char expected[TENSOR_SHAPE_TEXT], got[TENSOR_SHAPE_TEXT];
    accel_tensor *tensor = accel_dict_get(t->state, name);
    if (tensor_view(parameter, loading, &own) != ACCEL_OK || tensor_view(tensor, loading, &given) != ACCEL_OK)
        return accel_error_status();
    if (!tensor_same_shape(&own, &given))
        return accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" has shape %s, its parameter %s", name,
                                 tensor_shape_text(given.sizes, given.rank, got),
                                 tensor_shape_text(own.sizes, own.rank, expected));
    *state = object_take(device_empty(parameter, own.dtype, own.sizes, own.rank));
    return accel_tensor_assign(*state, tensor);
}

/* A parameter that was never stepped has no state. */
static accel_status take_slot(taking *t, size_t place, const slot *from)
{
    char name[NAME_SIZE];
    const step_rule *rule = t->opt->rule;
    slot *s = &t->slots[place];
    size_t states = rule->states(&t->options);
    s->step = states > 0 && accel_dict_has(t->state, name_state(place, rule->state_names[0], name));
    if (s->step > 0 && rule->has_step) {
        if (!accel_dict_has(t->state, name_state(place, "step", name)))
            return raise_missing(name);
        s->step = (int64_t)accel_item(accel_dict_get(t->state, name));
    }
    for (size_t i = 0; i < states && s->step > 0 && !accel_error_is_set(); i++) {
        if (!accel_dict_has(t->state, name_state(place, rule->state_names[i], name)))
            return raise_missing(name);
        take_tensor(t, name, from->parameter, &s->states[i]);
    }
    return accel_error_status();
}

static accel_status check_groups(const taking *t)
{
    size_t groups = 0;
    char name[NAME_SIZE];
    while (accel_dict_has(t->state, name_option(groups, "lr", name)))
        groups++;
    if (groups == t->opt->groups_count || accel_error_is_set())
        return accel_error_status();
    return accel_error_raise(ACCEL_EMISMATCH, loading, "state has %zu groups of parameters, the optimizer %zu",
                             groups, t->opt->groups_count);
}

static accel_status take_all(taking *t)
{
    if (check_groups(t) != ACCEL_OK)
        return accel_error_status();
    for (size_t g = 0; g < t->opt->groups_count && !accel_error_is_set(); g++)
        take_group(t, g);
    for (size_t g = 0, place = 0; g < t->opt->groups_count; g++)
        for (size_t k = 0; k < t->opt->groups[g].count && !accel_error_is_set(); k++)
            take_slot(t, place++, &t->opt->groups[g].slots[k]);
    return accel_error_status();
}

/* Cannot fail. What there was before is given back to the copy, which ends it. */
static void exchange(taking *t)
{
    t->opt->options = t->options.options;
    for (size_t g = 0, place = 0; g < t->opt->groups_count; g++) {
        parameter_group *own = &t->opt->groups[g];
        own->lr = t->groups[g].lr;
        own->weight_decay = t->groups[g].weight_decay;
        own->initial_lr = t->groups[g].initial_lr;
        for (size_t k = 0; k < own->count; k++) {
            slot *s = &own->slots[k], before = *s;
            *s = t->slots[place];
            s->parameter = before.parameter;
            t->slots[place++] = before;
        }
    }
}

accel_status accel_optimizer_load_state_dict(accel_optimizer *handle, accel_dict *state)
{
    RETURN_STATUS_IF_FAILED();
    optimizer *opt = optimizer_of(handle, __func__);
    size_t count = 0;
    for (size_t g = 0; opt && g < opt->groups_count; g++)
        count += opt->groups[g].count;
    taking t = {
        .opt = opt, .state = state, .groups = opt ? memory_alloc(opt->groups_count, sizeof *t.groups) : NULL};
    t.slots = t.groups ? memory_alloc(count, sizeof *t.slots) : NULL;
    if (t.slots) {
        t.options.options = opt->options;
        accel_no_grad() {
            if (take_all(&t) == ACCEL_OK)
                exchange(&t);
        }
    }
    for (size_t i = 0; t.slots && i < count; i++)
        for (size_t k = 0; k < OPTIMIZER_STATES; k++)
            object_release(t.slots[i].states[k]);
    memory_free(t.slots);
    memory_free(t.groups);
    return accel_error_status();
}
