#include "checkpoint/nest.h"

#include <stdlib.h>
#include <string.h>

#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/tensor.h"

static const char states[] = "state.", groups[] = "param_groups.";

/* The number and the rest of "state.12.exp_avg" behind "state."; NULL for another name. */
static const char *split(const char *name, const char *prefix, size_t *number)
{
    size_t length = strlen(prefix);
    char *end = NULL;
    if (strncmp(name, prefix, length) != 0 || name[length] < '0' || name[length] > '9')
        return NULL;
    *number = strtoull(name + length, &end, 10);
    return *end == '.' && end[1] ? end + 1 : NULL;
}

nest_layout nest_layout_of(accel_dict *dict)
{
    size_t number;
    bool has_group = false;
    for (size_t i = 0; i < accel_dict_count(dict); i++) {
        const char *name = accel_dict_name(dict, i);
        if (split(name, groups, &number))
            has_group = true;
        else if (!split(name, states, &number))
            return NEST_FLAT;
    }
    return has_group ? NEST_OPTIMIZER : NEST_FLAT;
}

pickle_value *nest_root(pickle_arena *arena, nest_layout layout)
{
    pickle_value *root = pickle_container(arena, PICKLE_DICT);
    if (!root)
        return NULL;
    root->ordered = layout == NEST_FLAT;
    if (layout == NEST_OPTIMIZER) {
        pickle_set(arena, root, pickle_string(arena, "state"), pickle_container(arena, PICKLE_DICT));
        pickle_set(arena, root, pickle_string(arena, "param_groups"), pickle_container(arena, PICKLE_LIST));
    }
    return accel_error_is_set() ? NULL : root;
}

/* ---- numbers ---- */

/* Of the dtypes that Python's numbers have. */
static bool is_plain(accel_dtype dtype)
{
    return dtype == ACCEL_BOOLEAN || dtype == ACCEL_INT64 || dtype == ACCEL_FLOAT64;
}

bool nest_is_number(nest_layout layout, const char *name, accel_tensor *tensor)
{
    size_t number;
    if (layout == NEST_VALUES)
        return accel_tensor_rank(tensor) == 0 && is_plain(accel_tensor_dtype(tensor));
    return layout == NEST_NUMBERS || layout == NEST_SCHEDULER ||
           (layout == NEST_OPTIMIZER && split(name, groups, &number));
}

static pickle_value *number_at(pickle_arena *arena, accel_dtype dtype, const void *values, size_t index)
{
    switch (dtype) {
    case ACCEL_BOOLEAN:
        return pickle_boolean(arena, ((const bool *)values)[index]);
    case ACCEL_INT64:
        return pickle_integer(arena, ((const int64_t *)values)[index]);
    default:
        return pickle_real(arena, ((const double *)values)[index]);
    }
}

static pickle_value *list_of(pickle_arena *arena, const char *name, accel_dtype dtype, const void *values,
                             size_t count)
{
    size_t number;
    const char *option = split(name, groups, &number);
    bool is_pair = option && strcmp(option, "betas") == 0;
    pickle_value *list = pickle_container(arena, is_pair ? PICKLE_TUPLE : PICKLE_LIST);
    for (size_t i = 0; list && i < count; i++)
        if (pickle_append(arena, list, number_at(arena, dtype, values, i)) != ACCEL_OK)
            return NULL;
    return list;
}

pickle_value *nest_number(pickle_arena *arena, const char *name, accel_tensor *tensor, const char *call)
{
    engine_view view;
    pickle_value *value = NULL;
    accel_tensor *plain = tensor_on_cpu(tensor, call);
    if (tensor_view(plain, call, &view) != ACCEL_OK)
        return NULL;
    if (view.rank > 1 || !is_plain(view.dtype)) {
        accel_error_raise(ACCEL_EINVAL, call,
                          "\"%s\" is to be a number or a list of them, in int64, float64 or boolean", name);
    } else {
        const void *values = view.numel > 0 ? accel_tensor_data(plain) : NULL;
        value = view.rank == 0 ? number_at(arena, view.dtype, values, 0)
                               : list_of(arena, name, view.dtype, values, (size_t)view.numel);
    }
    accel_free(plain);
    return value;
}

/* ---- places ---- */

/* The dict of a parameter; entries of one follow each other. */
static pickle_value *state_of(pickle_arena *arena, pickle_value *all, size_t place)
{
    for (size_t i = all->items.count; i >= 2; i -= 2)
        if (all->items.at[i - 2]->integer == (int64_t)place)
            return all->items.at[i - 1];
    pickle_value *made = pickle_container(arena, PICKLE_DICT);
    pickle_set(arena, all, pickle_integer(arena, (int64_t)place), made);
    return made;
}

static pickle_value *group_of(pickle_arena *arena, pickle_value *all, size_t group)
{
    enum { GROUPS_MAX = 1 << 20 };
    while (group < GROUPS_MAX && all->items.count <= group)
        if (pickle_append(arena, all, pickle_container(arena, PICKLE_DICT)) != ACCEL_OK)
            return NULL;
    return group < GROUPS_MAX ? all->items.at[group] : NULL;
}

/* One None for each group: the functions of a schedule have no state. */
static accel_status put_lambdas(pickle_arena *arena, pickle_value *root, size_t count)
{
    pickle_value *list = pickle_container(arena, PICKLE_LIST);
    for (size_t i = 0; i < count; i++)
        if (pickle_append(arena, list, pickle_none(arena)) != ACCEL_OK)
            return accel_error_status();
    return pickle_set(arena, root, pickle_string(arena, "lr_lambdas"), list);
}

accel_status nest_put(pickle_arena *arena, pickle_value *root, nest_layout layout, const char *name,
                      pickle_value *value)
{
    size_t number;
    const char *rest = NULL;
    pickle_value *into = root;
    if (layout == NEST_OPTIMIZER && (rest = split(name, states, &number)))
        into = state_of(arena, pickle_get(root, "state"), number);
    else if (layout == NEST_OPTIMIZER && (rest = split(name, groups, &number)))
        into = group_of(arena, pickle_get(root, "param_groups"), number);
    if (layout == NEST_SCHEDULER && strcmp(name, "base_lrs") == 0)
        put_lambdas(arena, root, value->items.count);
    if (!into && !accel_error_is_set())
        return accel_error_raise(ACCEL_EINVAL, NULL, "\"%s\" is of more groups than there can be", name);
    return pickle_set(arena, into, pickle_string(arena, rest ? rest : name), value);
}
