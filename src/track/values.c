#include "track/values.h"

#include <string.h>

#include "base/quote.h"

const accel_log_value *values_find(const accel_log_value *values, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, name) == 0)
            return &values[i];
    return NULL;
}

static accel_status check_value(const char *call, const accel_log_value *values, size_t index)
{
    const accel_log_value *v = &values[index];
    if (!v->name || !*v->name)
        return accel_error_raise(ACCEL_EINVAL, call, "value %zu of the list has no name", index + 1);
    if (!quote_is_utf8(v->name))
        return accel_error_raise(ACCEL_EINVAL, call, "the name of value %zu of the list is not UTF-8",
                                 index + 1);
    if (v->text && !quote_is_utf8(v->text))
        return accel_error_raise(ACCEL_EINVAL, call, "the text of value \"%s\" is not UTF-8", v->name);
    if (values_find(values, index, v->name))
        return accel_error_raise(ACCEL_EINVAL, call, "value \"%s\" is there twice", v->name);
    return ACCEL_OK;
}

accel_status values_check(const char *call, const accel_log_value *values, size_t count)
{
    if (!values && count > 0)
        return accel_error_raise(ACCEL_EINVAL, call, "values is NULL, count %zu", count);
    for (size_t i = 0; i < count; i++)
        if (check_value(call, values, i) != ACCEL_OK)
            break;
    return accel_error_status();
}
