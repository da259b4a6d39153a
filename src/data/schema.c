#include "data/schema.h"

#include <string.h>

#include "base/error.h"
#include "tensor/tensor.h"

/* A name of `one` that `other` has not; NULL: it has all. Most dicts have theirs in one order. */
static const char *find_missing(accel_dict *one, accel_dict *other)
{
    size_t count = accel_dict_count(one), others = accel_dict_count(other);
    for (size_t i = 0; i < count; i++) {
        const char *name = accel_dict_name(one, i);
        bool in_place = i < others && strcmp(name, accel_dict_name(other, i)) == 0;
        if (!in_place && !accel_dict_has(other, name))
            return name;
    }
    return NULL;
}

bool schema_same_names(accel_dict *one, accel_dict *other)
{
    return accel_dict_count(one) == accel_dict_count(other) && !find_missing(one, other);
}

/* The sizes of a tensor from a dimension on. */
typedef struct sizes {
    const int64_t *list;
    size_t count;
} sizes;

static sizes sizes_from(const engine_view *view, size_t from)
{
    size_t left_out = from < view->rank ? from : view->rank;
    return (sizes){view->sizes + left_out, view->rank - left_out};
}

bool schema_same_tensor(accel_tensor *one, accel_tensor *other, size_t from)
{
    engine_view a, b;
    if (tensor_view(one, __func__, &a) != ACCEL_OK || tensor_view(other, __func__, &b) != ACCEL_OK)
        return false;
    sizes of_one = sizes_from(&a, from), of_other = sizes_from(&b, from);
    return a.dtype == b.dtype && of_one.count == of_other.count &&
           (of_one.count == 0 || memcmp(of_one.list, of_other.list, of_one.count * sizeof(int64_t)) == 0);
}

accel_status schema_raise_names(const schema_pair *p)
{
    const char *missing = find_missing(p->one, p->other);
    if (missing)
        return accel_error_raise(ACCEL_EINVAL, p->call, "%s has no \"%s\", which %s has", p->other_name,
                                 missing, p->one_name);
    missing = find_missing(p->other, p->one);
    return accel_error_raise(ACCEL_EINVAL, p->call, "%s has \"%s\", which %s has not", p->other_name,
                             missing ? missing : "", p->one_name);
}

accel_status schema_raise_tensor(const schema_pair *p, const char *name, size_t from)
{
    char of_one[TENSOR_SHAPE_TEXT], of_other[TENSOR_SHAPE_TEXT];
    engine_view a, b;
    if (tensor_view(accel_dict_get(p->one, name), p->call, &a) != ACCEL_OK ||
        tensor_view(accel_dict_get(p->other, name), p->call, &b) != ACCEL_OK)
        return accel_error_status();
    sizes one = sizes_from(&a, from), other = sizes_from(&b, from);
    return accel_error_raise(ACCEL_EINVAL, p->call, "\"%s\" is %s %s in %s, %s %s in %s", name,
                             accel_dtype_name(b.dtype), tensor_shape_text(other.list, other.count, of_other),
                             p->other_name, accel_dtype_name(a.dtype),
                             tensor_shape_text(one.list, one.count, of_one), p->one_name);
}

accel_status schema_check(const schema_pair *p, size_t from)
{
    if (!schema_same_names(p->one, p->other))
        return schema_raise_names(p);
    for (size_t i = 0; i < accel_dict_count(p->one); i++) {
        const char *name = accel_dict_name(p->one, i);
        if (!schema_same_tensor(accel_dict_tensor(p->one, i), accel_dict_get(p->other, name), from))
            return schema_raise_tensor(p, name, from);
    }
    return accel_error_status();
}
