#include "text/field.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

place place_inside(const place *outer, const char *format, ...)
{
    place inner = {.path = outer->path};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(inner.where, sizeof inner.where, format, arguments);
    va_end(arguments);
    return inner;
}

json_t *field_parse(const char *path, const char *bytes, size_t size)
{
    json_error_t error;
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (root)
        return root;
    if (json_error_code(&error) == json_error_out_of_memory)
        return RAISE_NULL(ACCEL_ENOMEM, "%s: no memory for its JSON", path);
    return RAISE_NULL(ACCEL_EFORMAT, "%s: line %d, column %d: %s", path, error.line, error.column, error.text);
}

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return value ? names[json_typeof(value)] : "nothing";
}

static accel_status raise_type(const place *at, const char *key, const char *wanted, const json_t *value)
{
    return RAISE(ACCEL_EFORMAT, "%s: %s%s%s must be %s, got %s", at->path, at->where, at->where[0] ? "." : "",
                 key, wanted, type_name(value));
}

const json_t *field_object(const place *at, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_object(value))
        return value;
    raise_type(at, key, "an object", value);
    return NULL;
}

const json_t *field_array(const place *at, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_array(value))
        return value;
    raise_type(at, key, "an array", value);
    return NULL;
}

const char *field_string(const place *at, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value))
        return json_string_value(value);
    raise_type(at, key, "a string", value);
    return NULL;
}

accel_status field_bool(const place *at, const json_t *object, const char *key, bool *out)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value))
        return raise_type(at, key, "true or false", value);
    *out = json_is_true(value);
    return ACCEL_OK;
}

accel_status field_read_number(const place *at, const json_t *value, const char *key, uint32_t *out)
{
    if (!json_is_integer(value))
        return raise_type(at, key, "a whole number", value);
    json_int_t number = json_integer_value(value);
    if (number < 0 || number > UINT32_MAX)
        return RAISE(ACCEL_EFORMAT, "%s: %s%s%s is %lld, out of the range of 0 to 4294967295", at->path,
                     at->where, at->where[0] ? "." : "", key, (long long)number);
    *out = (uint32_t)number;
    return ACCEL_OK;
}

accel_status field_number(const place *at, const json_t *object, const char *key, uint32_t *out)
{
    return field_read_number(at, json_object_get(object, key), key, out);
}

const char *field_type(const json_t *part)
{
    const json_t *type = json_object_get(part, "type");
    return json_is_string(type) ? json_string_value(type) : type_name(part);
}
