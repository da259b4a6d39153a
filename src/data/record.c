#include "data/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <accel/ops.h>

#include "base/error.h"
#include "data/number.h"

/* ---- finding a field ---- */

/* The element that a name of digits stands for; NULL when there is none. */
static const json_t *element(const json_t *array, const char *name, size_t size)
{
    size_t index = 0;
    for (size_t i = 0; i < size; i++) {
        if (name[i] < '0' || name[i] > '9' || i >= 9)
            return NULL;
        index = index * 10 + (size_t)(name[i] - '0');
    }
    return size > 0 ? json_array_get(array, index) : NULL;
}

/* `name` is `size` long, or goes on. */
static const json_t *member(const json_t *value, const char *name, size_t size)
{
    char key[256];
    if (json_is_array(value))
        return element(value, name, size);
    if (name[size] == '\0')
        return json_object_get(value, name);
    if (size >= sizeof key)
        return NULL;
    memcpy(key, name, size);
    key[size] = '\0';
    return json_object_get(value, key);
}

/* What a name leads to: the whole of it is a key, or what comes before one of its dots is one and the rest leads on from there. */
static const json_t *json_at(const json_t *value, const char *name)
{
    const json_t *found = member(value, name, strlen(name));
    for (const char *dot = strchr(name, '.'); !found && dot; dot = strchr(dot + 1, '.')) {
        const json_t *inner = member(value, name, (size_t)(dot - name));
        found = inner ? json_at(inner, dot + 1) : NULL;
    }
    return found;
}

static const csv_field *column(const accel_record *record, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < record->count; i++)
        if (record->columns[i].size == size && memcmp(record->columns[i].text, name, size) == 0)
            return &record->fields[i];
    return NULL;
}

static void raise_no_column(const accel_record *record, const char *name, const char *call)
{
    char columns[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < record->count && used < sizeof columns; i++)
        used += (size_t)snprintf(columns + used, sizeof columns - used, "%s\"%.40s\"", i ? ", " : "",
                                 record->columns[i].text);
    accel_error_raise(ACCEL_ENOTFOUND, call, "there is no column \"%s\", the columns are %s", name, columns);
}

/* A field of a row, in one of two forms; neither, with the failure recorded, when it is not there. */
typedef struct found {
    const csv_field *text;
    const json_t *json;
} found;

static found find(const accel_record *record, const char *name, const char *call)
{
    found f = {0};
    if (accel_error_is_set())
        return f;
    if (!record || !name) {
        accel_error_raise(ACCEL_EINVAL, call, "%s is NULL", record ? "name" : "record");
    } else if (record->json) {
        f.json = json_at(record->json, name);
        if (!f.json)
            accel_error_raise(ACCEL_EFORMAT, call, "\"%s\" is missing", name);
    } else {
        f.text = column(record, name);
        if (!f.text)
            raise_no_column(record, name, call);
    }
    return f;
}

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return names[json_typeof(value)];
}

/* Says what stands there in place of what is wanted. */
static void raise_type(const found *f, const char *name, const char *call, const char *wanted)
{
    if (f->json)
        accel_error_raise(ACCEL_EFORMAT, call, "\"%s\" must be %s, got %s", name, wanted, type_name(f->json));
    else
        accel_error_raise(ACCEL_EFORMAT, call, "\"%s\" must be %s, got \"%.60s\"", name, wanted, f->text->text);
}

/* ---- reading it ---- */

bool accel_record_has(const accel_record *record, const char *name)
{
    if (!record || !name)
        return false;
    if (!record->json) {
        const csv_field *field = column(record, name);
        return field && field->size > 0;
    }
    const json_t *value = json_at(record->json, name);
    return value && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0);
}

const char *accel_record_text(const accel_record *record, const char *name, size_t *size)
{
    found f = find(record, name, __func__);
    if (f.json && !json_is_string(f.json)) {
        raise_type(&f, name, __func__, "a string");
        return NULL;
    }
    if (size)
        *size = f.json ? json_string_length(f.json) : f.text ? f.text->size : 0;
    return f.json ? json_string_value(f.json) : f.text ? f.text->text : NULL;
}

/* NaN for what is no number. */
static double json_number(const json_t *value)
{
    return json_is_boolean(value)  ? (double)json_is_true(value)
           : json_is_number(value) ? json_number_value(value)
                                   : (double)NAN;
}

static bool json_whole(const json_t *value, int64_t *out)
{
    if (!json_is_integer(value))
        return number_is_integer(json_number(value), out);
    *out = json_integer_value(value);
    return true;
}

double accel_record_number(const accel_record *record, const char *name)
{
    found f = find(record, name, __func__);
    if (!f.json && !f.text)
        return (double)NAN;
    double number = f.json ? json_number(f.json) : number_read(f.text->text, f.text->size);
    if (isnan(number))
        raise_type(&f, name, __func__, "a number");
    return number;
}

int64_t accel_record_integer(const accel_record *record, const char *name)
{
    found f = find(record, name, __func__);
    if (!f.json && !f.text)
        return -1;
    int64_t number = -1;
    bool whole =
        f.json ? json_whole(f.json, &number) : number_read_integer(f.text->text, f.text->size, &number);
    if (!whole)
        raise_type(&f, name, __func__, "a whole number");
    return whole ? number : -1;
}

/* ---- tensors ---- */

enum {
    DEPTH_MAX = 16,
    NUMBERS_MAX = 1 << 27, /* the most that the text of a row has place for */
};

/* Where the numbers of a field go. */
typedef struct filling {
    const char *name;
    accel_dtype dtype;
    bool whole; /* the numbers are to be integers */
    int64_t least, most;
    size_t rank;
    int64_t sizes[DEPTH_MAX];
    size_t count; /* numbers put there */
    union {
        double *numbers;
        int64_t *integers;
    };
} filling;

/* The least and the greatest integer of a dtype. */
static void set_range(filling *f)
{
    size_t bits = accel_dtype_size(f->dtype) * 8;
    f->whole = !accel_dtype_is_floating(f->dtype);
    f->least = f->dtype == ACCEL_UINT8 || f->dtype == ACCEL_BOOLEAN ? 0 : -(int64_t)(1ULL << (bits - 2)) * 2;
    f->most = f->dtype == ACCEL_BOOLEAN ? 1
              : f->dtype == ACCEL_UINT8 ? UINT8_MAX
                                        : (int64_t)((1ULL << (bits - 1)) - 1);
}

static accel_status raise_filling(const filling *f, const char *text)
{
    return accel_error_raise(ACCEL_EFORMAT, "accel_record_tensor", "\"%s\" %s", f->name, text);
}

static accel_status add_integer(filling *f, bool is_whole, int64_t number)
{
    if (!is_whole)
        return accel_error_raise(ACCEL_EFORMAT, "accel_record_tensor",
                                 "\"%s\" must hold whole numbers for the dtype %s", f->name,
                                 accel_dtype_name(f->dtype));
    if (number < f->least || number > f->most)
        return accel_error_raise(ACCEL_EFORMAT, "accel_record_tensor",
                                 "\"%s\" holds %lld, which does not fit the dtype %s", f->name,
                                 (long long)number, accel_dtype_name(f->dtype));
    f->integers[f->count++] = number;
    return ACCEL_OK;
}

static accel_status add_number(filling *f, double number)
{
    if (isnan(number))
        return raise_filling(f, "holds something that is no number");
    f->numbers[f->count++] = number;
    return ACCEL_OK;
}

static accel_status add_json_number(filling *f, const json_t *value)
{
    int64_t number = 0;
    if (!f->whole || isnan(json_number(value)))
        return add_number(f, json_number(value));
    bool is_whole = json_whole(value, &number);
    return add_integer(f, is_whole, number);
}

/* An array, or a number where it is deep enough inside of arrays. */
static accel_status add_json(filling *f, const json_t *value, size_t depth)
{
    bool fits = json_is_array(value) ? depth < f->rank && (int64_t)json_array_size(value) == f->sizes[depth]
                                     : depth == f->rank;
    if (!fits)
        return raise_filling(f, "holds rows of different lengths");
    if (!json_is_array(value))
        return add_json_number(f, value);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (add_json(f, json_array_get(value, i), depth + 1) != ACCEL_OK)
            return accel_error_status();
    return ACCEL_OK;
}

/* The sizes of an array by its first elements; how many numbers it holds. -1 with the failure recorded. */
static int64_t measure(filling *f, const json_t *value)
{
    int64_t count = 1;
    for (; json_is_array(value); value = json_array_get(value, 0)) {
        if (f->rank == DEPTH_MAX) {
            raise_filling(f, "has arrays more than 16 deep");
            return -1;
        }
        f->sizes[f->rank] = (int64_t)json_array_size(value);
        count *= f->sizes[f->rank++];
        if (count > NUMBERS_MAX) {
            raise_filling(f, "holds rows of different lengths");
            return -1;
        }
    }
    return count;
}

static void add_text(filling *f, const found *from)
{
    const csv_field *field = from->text;
    double number = number_read(field->text, field->size);
    int64_t integer = 0;
    if (isnan(number)) {
        raise_type(from, f->name, "accel_record_tensor", "a number");
    } else if (f->whole) {
        bool is_whole = number_read_integer(field->text, field->size, &integer);
        add_integer(f, is_whole, integer);
    } else {
        add_number(f, number);
    }
}

accel_tensor *accel_record_tensor(const accel_record *record, const char *name, accel_dtype dtype)
{
    found from = find(record, name, __func__);
    if (!from.json && !from.text)
        return NULL;
    if (accel_dtype_size(dtype) == 0)
        return RAISE_NULL(ACCEL_EINVAL, "%d is no dtype", (int)dtype);
    filling f = {.name = name, .dtype = dtype};
    set_range(&f);
    int64_t count = from.json ? measure(&f, from.json) : 1;
    if (count < 0)
        return NULL;
    accel_dtype exact = f.whole ? ACCEL_INT64 : ACCEL_FLOAT64;
    accel_tensor *result = NULL;
    accel_scoped() {
        accel_tensor *numbers = accel_empty(exact, f.sizes, f.rank);
        f.numbers = accel_tensor_data(numbers);
        if (numbers && from.json)
            add_json(&f, from.json, 0);
        else if (numbers)
            add_text(&f, &from);
        result = accel_keep(dtype == exact ? numbers : accel_to_dtype(numbers, dtype));
    }
    return result;
}

const char *accel_record_path(const accel_record *record) { return record ? record->path : NULL; }

int64_t accel_record_line(const accel_record *record) { return record ? record->line : -1; }
