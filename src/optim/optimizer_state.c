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
#include "tensor/state.h"
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

static void set_real(accel_dict *dict, size_t group, const char *what, double real)
{
    char name[NAME_SIZE];
    state_set(dict, name_option(group, what, name), ACCEL_FLOAT64, &real, NULL, 0);
}

static void set_field(accel_dict *dict, size_t group, const optimizer *opt, const option_field *field)
{
    const void *at = (const char *)&opt->options + field->offset;
    char name[NAME_SIZE];
    name_option(group, field->name, name);
    switch (field->kind) {
    case OPTION_REAL:
        state_set(dict, name, ACCEL_FLOAT64, at, NULL, 0);
        break;
    case OPTION_FLAG:
        state_set(dict, name, ACCEL_BOOLEAN, at, NULL, 0);
        break;
    case OPTION_PAIR:
        state_set(dict, name, ACCEL_FLOAT64, at, ACCEL_SHAPE(2));
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
        state_set(dict, name_state(place, "step", name), ACCEL_FLOAT32, &step, NULL, 0);
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

struct optimizer_taking {
    optimizer *opt;
    accel_dict *state;
    optimizer options; /* its options and groups' numbers as they will be */
    parameter_group *groups;
    slot *slots; /* of all groups: what each will have, retained */
    size_t count;
    size_t used; /* entries of the state that they have */
};

typedef struct optimizer_taking taking;

static accel_status take_number(const taking *t, size_t group, const char *what, double *real)
{
    char name[NAME_SIZE];
    accel_tensor *given = state_get(t->state, name_option(group, what, name), loading);
    if (given && accel_tensor_numel(given) == 1)
        *real = accel_item(given);
    else if (given)
        accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" has %lld elements, expected one", name,
                          (long long)accel_tensor_numel(given));
    return accel_error_status();
}

/* One value for all groups. */
static accel_status take_field(taking *t, size_t group, const option_field *field)
{
    char name[NAME_SIZE];
    accel_tensor *given = state_get(t->state, name_option(group, field->name, name), loading);
    if (!given)
        return accel_error_status();
    double values[2] = {0, 0};
    size_t count = field->kind == OPTION_PAIR ? 2 : 1;
    if (accel_tensor_numel(given) != (int64_t)count)
        return accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" has %lld elements, expected %zu", name,
                                 (long long)accel_tensor_numel(given), count);
    state_copy_numbers(given, values, count);
    void *at = (char *)&t->options.options + field->offset;
    bool flag = values[0] != 0;
    const void *value = field->kind == OPTION_FLAG ? (const void *)&flag : values;
    size_t size = field->kind == OPTION_FLAG ? sizeof flag : count * sizeof values[0];
    if (group > 0 && memcmp(at, value, size) != 0)
        return accel_error_raise(ACCEL_EUNSUPPORTED, loading, "\"%s\" is not that of the first group", name);
    memcpy(at, value, size);
    return accel_error_status();
}

/* The group's parameters are those that this optimizer has in that place. */
static accel_status check_places(const taking *t, size_t group, size_t first)
{
    char name[NAME_SIZE];
    const size_t own = t->opt->groups[group].count;
    accel_tensor *given = state_get(t->state, name_option(group, "params", name), loading);
    if (!given)
        return accel_error_status();
    int64_t count = accel_tensor_numel(given);
    if (count != (int64_t)own && !accel_error_is_set())
        return accel_error_raise(ACCEL_EMISMATCH, loading,
                                 "group %zu has %lld parameters, the optimizer's has %zu", group,
                                 (long long)count, own);
    double *places = accel_error_is_set() ? NULL : memory_alloc(own, sizeof *places);
    if (places)
        state_copy_numbers(given, places, own);
    for (size_t i = 0; places && i < own && !accel_error_is_set(); i++)
        if (places[i] != (double)(first + i))
            accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" has parameter %g where the optimizer has %zu",
                              name, places[i], first + i);
    memory_free(places);
    return accel_error_status();
}

static accel_status take_group(taking *t, size_t group, size_t first_place)
{
    char name[NAME_SIZE];
    parameter_group *g = &t->groups[group];
    if (check_places(t, group, first_place) != ACCEL_OK || take_number(t, group, "lr", &g->lr) != ACCEL_OK ||
        take_number(t, group, "weight_decay", &g->weight_decay) != ACCEL_OK ||
        optimizer_check_lr(loading, g->lr) != ACCEL_OK ||
        optimizer_check_not_negative(loading, "weight_decay", g->weight_decay) != ACCEL_OK)
        return accel_error_status();
    g->initial_lr = (double)NAN;
    if (accel_dict_has(t->state, name_option(group, "initial_lr", name)))
        take_number(t, group, "initial_lr", &g->initial_lr);
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
    if (!accel_dtype_is_floating(given.dtype))
        return accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" has dtype %s, expected a floating one", name,
                                 accel_dtype_name(given.dtype));
    if (!tensor_same_shape(&own, &given))
        return accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" has shape %s, its parameter %s", name,
                                 tensor_shape_text(given.sizes, given.rank, got),
                                 tensor_shape_text(own.sizes, own.rank, expected));
    *state = object_take(device_empty(parameter, own.dtype, own.sizes, own.rank));
    return accel_tensor_assign(*state, tensor);
}

static accel_status take_step(const taking *t, const char *name, int64_t *step)
{
    accel_tensor *given = accel_dict_get(t->state, name);
    double number = accel_tensor_numel(given) == 1 ? accel_item(given) : (double)NAN;
    if (!(number >= 1 && number < 0x1p53 && number == trunc(number)))
        return accel_error_raise(ACCEL_EINVAL, loading, "\"%s\" must be a whole number from 1", name);
    *step = (int64_t)number;
    return accel_error_status();
}

/* How many entries a parameter has that was stepped. */
static size_t entries_of(const taking *t) { return t->opt->rule->states(&t->options) + t->opt->rule->has_step; }

/* The i-th of them. */
static const char *entry_of(const taking *t, size_t place, size_t i, char name[NAME_SIZE])
{
    size_t states = t->opt->rule->states(&t->options);
    return name_state(place, i < states ? t->opt->rule->state_names[i] : "step", name);
}

/* A parameter that was never stepped has no entry. */
static accel_status take_slot(taking *t, size_t place, const slot *from)
{
    char name[NAME_SIZE];
    slot *s = &t->slots[place];
    size_t states = t->opt->rule->states(&t->options), entries = states ? entries_of(t) : 0, there = 0;
    for (size_t i = 0; i < entries; i++)
        there += accel_dict_has(t->state, entry_of(t, place, i, name));
    if (there == 0)
        return accel_error_status();
    t->used += there;
    s->step = 1;
    for (size_t i = 0; i < entries && !accel_error_is_set(); i++) {
        if (!state_get(t->state, entry_of(t, place, i, name), loading))
            break;
        if (i < states)
            take_tensor(t, name, from->parameter, &s->states[i]);
        else
            take_step(t, name, &s->step);
    }
    return accel_error_status();
}

/* Whether a name is an entry of some parameter. */
static bool is_known(const taking *t, const char *name, size_t places)
{
    char known[NAME_SIZE];
    for (size_t place = 0; place < places; place++)
        for (size_t i = 0; t->opt->rule->states(&t->options) > 0 && i < entries_of(t); i++)
            if (strcmp(entry_of(t, place, i, known), name) == 0)
                return true;
    return false;
}

/* Nothing is left over: it would be state of other parameters, or of another kind of optimizer. */
static accel_status check_used(const taking *t, size_t places)
{
    static const char prefix[] = "state.";
    size_t given = 0;
    for (size_t i = 0; i < accel_dict_count(t->state); i++)
        given += strncmp(accel_dict_name(t->state, i), prefix, sizeof prefix - 1) == 0;
    for (size_t i = 0; given > t->used && i < accel_dict_count(t->state); i++) {
        const char *name = accel_dict_name(t->state, i);
        if (strncmp(name, prefix, sizeof prefix - 1) == 0 && !is_known(t, name, places))
            return accel_error_raise(ACCEL_EMISMATCH, loading,
                                     "\"%.100s\" is not of this optimizer, which is %s", name,
                                     t->opt->rule->name);
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
    size_t places = 0;
    if (check_groups(t) != ACCEL_OK)
        return accel_error_status();
    for (size_t g = 0; g < t->opt->groups_count && !accel_error_is_set(); places += t->opt->groups[g++].count)
        take_group(t, g, places);
    if (accel_error_is_set() || t->opt->rule->check(loading, &t->options) != ACCEL_OK)
        return accel_error_status();
    for (size_t g = 0, place = 0; g < t->opt->groups_count; g++)
        for (size_t k = 0; k < t->opt->groups[g].count && !accel_error_is_set(); k++)
            take_slot(t, place++, &t->opt->groups[g].slots[k]);
    return accel_error_is_set() ? accel_error_status() : check_used(t, places);
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

void optimizer_leave_state(optimizer_taking *t)
{
    for (size_t i = 0; t && t->slots && i < t->count; i++)
        for (size_t k = 0; k < OPTIMIZER_STATES; k++)
            object_release(t->slots[i].states[k]);
    if (t) {
        memory_free(t->slots);
        memory_free(t->groups);
    }
    memory_free(t);
}

optimizer_taking *optimizer_take_state(accel_optimizer *handle, accel_dict *state)
{
    RETURN_NULL_IF_FAILED();
    optimizer *opt = optimizer_of(handle, loading);
    taking *t = opt ? memory_alloc(1, sizeof *t) : NULL;
    if (!t)
        return NULL;
    *t = (taking){.opt = opt, .state = state};
    for (size_t g = 0; g < opt->groups_count; g++)
        t->count += opt->groups[g].count;
    t->options.options = opt->options;
    t->groups = memory_alloc(opt->groups_count, sizeof *t->groups);
    t->slots = t->groups ? memory_alloc(t->count, sizeof *t->slots) : NULL;
    if (t->slots)
        accel_no_grad() {
            take_all(t);
        }
    if (!accel_error_is_set())
        return t;
    optimizer_leave_state(t);
    return NULL;
}

void optimizer_put_state(optimizer_taking *t)
{
    exchange(t);
    optimizer_leave_state(t);
}

accel_status accel_optimizer_load_state_dict(accel_optimizer *handle, accel_dict *state)
{
    taking *t = optimizer_take_state(handle, state);
    if (t)
        optimizer_put_state(t);
    return accel_error_status();
}
