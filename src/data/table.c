#include <math.h>
#include <string.h>

#include <accel/table.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/object.h"
#include "data/encoding.h"
#include "data/number.h"

/* The file's bytes with every separator and line end made a zero byte. */
typedef struct table {
    char *path, *text;
    size_t size;
    char **fields; /* rows * columns; each ends where the next zero byte is */
    size_t *sizes;
    int64_t *lines; /* each row's line in the file */
    int64_t rows, columns, rows_capacity;
} table;

static void free_table(table *t)
{
    memory_free(t->path);
    memory_free(t->text);
    memory_free(t->fields);
    memory_free(t->sizes);
    memory_free(t->lines);
    memory_free(t);
}

static void destroy(object *o) { free_table(o->payload); }

static const object_class table_class = {.name = "table", .destroy = destroy};

static table *table_of(accel_table *handle, const char *call)
{
    return object_payload(handle, &table_class, call, "table");
}

static int64_t count_fields(const char *line, const char *end)
{
    int64_t count = 1;
    for (; line < end; line++)
        count += *line == '\t';
    return count;
}

/* Makes room for one more row. */
static accel_status grow(table *t)
{
    if (t->rows < t->rows_capacity)
        return ACCEL_OK;
    int64_t capacity = t->rows_capacity ? t->rows_capacity * 2 : 256;
    size_t fields = (size_t)(capacity * t->columns);
    char **f = memory_resize(t->fields, fields, sizeof *f);
    if (f)
        t->fields = f;
    size_t *s = f ? memory_resize(t->sizes, fields, sizeof *s) : NULL;
    if (s)
        t->sizes = s;
    int64_t *l = s ? memory_resize(t->lines, (size_t)capacity, sizeof *l) : NULL;
    if (!l)
        return accel_error_status();
    t->lines = l;
    t->rows_capacity = capacity;
    return ACCEL_OK;
}

static accel_status add_row(table *t, char *line, char *end, int64_t number)
{
    int64_t fields = count_fields(line, end);
    if (t->columns == 0)
        t->columns = fields;
    if (fields != t->columns)
        return accel_error_raise(ACCEL_EFORMAT, "accel_table_read",
                                 "%s:%lld: has %lld fields, the first row has %lld", t->path, (long long)number,
                                 (long long)fields, (long long)t->columns);
    if (grow(t) != ACCEL_OK)
        return accel_error_status();
    char **field = t->fields + t->rows * t->columns;
    size_t *size = t->sizes + t->rows * t->columns;
    for (int64_t i = 0; i < fields; i++) {
        char *tab = i + 1 < fields ? memchr(line, '\t', (size_t)(end - line)) : end;
        *tab = '\0';
        field[i] = line;
        size[i] = (size_t)(tab - line);
        line = tab + 1;
    }
    t->lines[t->rows++] = number;
    return ACCEL_OK;
}

static accel_status split(table *t)
{
    char *end = t->text + t->size;
    int64_t number = 1;
    const char *wrong = encoding_refusal(t->text, t->size, '\0');
    if (wrong)
        return accel_error_raise(ACCEL_EFORMAT, "accel_table_read", "%s: %s", t->path, wrong);
    for (char *line = t->text; line < end; number++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *next = newline ? newline + 1 : end;
        char *stop = newline ? newline : end;
        if (stop > line && stop[-1] == '\r')
            stop--;
        if (stop > line && add_row(t, line, stop, number) != ACCEL_OK)
            return accel_error_status();
        line = next;
    }
    if (t->rows == 0)
        return accel_error_raise(ACCEL_EFORMAT, "accel_table_read", "%s: has no rows", t->path);
    return ACCEL_OK;
}

accel_table *accel_table_read(const char *path)
{
    RETURN_NULL_IF_FAILED();
    if (!path)
        return RAISE_NULL(ACCEL_EINVAL, "path is NULL");
    table *t = memory_alloc(1, sizeof *t);
    if (!t) {
        error_name_memory(__func__, true);
        return NULL;
    }
    t->path = memory_copy_string(path);
    t->text = file_read(path, &t->size);
    object *o = NULL;
    if (t->path && t->text && split(t) == ACCEL_OK)
        o = object_create(&table_class, t);
    if (!o)
        free_table(t);
    error_name_memory(__func__, true);
    return (accel_table *)o;
}

int64_t accel_table_rows(accel_table *handle)
{
    table *t = table_of(handle, __func__);
    return t ? t->rows : -1;
}

int64_t accel_table_columns(accel_table *handle)
{
    table *t = table_of(handle, __func__);
    return t ? t->columns : -1;
}

const char *accel_table_field(accel_table *handle, int64_t row, int64_t column, size_t *size)
{
    RETURN_NULL_IF_FAILED();
    table *t = table_of(handle, __func__);
    if (!t)
        return NULL;
    if (column < 0 || column >= t->columns)
        return RAISE_NULL(ACCEL_ENOTFOUND, "%s: has no column %lld, it has %lld (from 0)", t->path,
                          (long long)column, (long long)t->columns);
    if (row < 0 || row >= t->rows)
        return RAISE_NULL(ACCEL_ENOTFOUND, "%s: has no row %lld, it has %lld (from 0)", t->path, (long long)row,
                          (long long)t->rows);
    if (size)
        *size = t->sizes[row * t->columns + column];
    return t->fields[row * t->columns + column];
}

double accel_table_number(accel_table *handle, int64_t row, int64_t column)
{
    size_t size;
    const char *text = accel_table_field(handle, row, column, &size);
    if (!text)
        return (double)NAN;
    double number = number_read(text, size);
    if (!isnan(number))
        return number;
    table *t = table_of(handle, __func__);
    RAISE(ACCEL_EFORMAT, "%s:%lld: \"%.60s\" in column %lld is no number", t->path, (long long)t->lines[row],
          text, (long long)column);
    return (double)NAN;
}
