/* A value as a line of text, which tests/pickle/oracle_pickle.py makes of Python's. */
#ifndef TESTS_PICKLE_DESCRIBE_H
#define TESTS_PICKLE_DESCRIBE_H

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "pickle/value.h"

static inline void describe(buffer *out, const pickle_value *value);

static inline void describe_hex(buffer *out, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buffer_printf(out, "%02x", bytes[i]);
}

static inline void describe_sizes(buffer *out, const int64_t *sizes, size_t rank)
{
    buffer_append_string(out, "[");
    for (size_t i = 0; i < rank; i++)
        buffer_printf(out, "%s%" PRId64, i ? "," : "", sizes[i]);
    buffer_append_string(out, "]");
}

/* As json.dumps(ensure_ascii=False) has it. */
static inline void describe_string(buffer *out, const pickle_text *text)
{
    buffer_append_string(out, "\"");
    for (size_t i = 0; i < text->size; i++) {
        char c = text->bytes[i];
        if (c == '\0')
            buffer_append_string(out, "\\u0000");
        else
            buffer_append(out, &c, 1);
    }
    buffer_append_string(out, "\"");
}

/* Python's repr: the shortest number of digits that reads back. */
static inline void describe_real(buffer *out, double real)
{
    char text[64];
    int digits = 1;
    if (!isfinite(real)) {
        buffer_printf(out, "real %s", isnan(real) ? "nan" : real > 0 ? "inf" : "-inf");
        return;
    }
    do
        snprintf(text, sizeof text, "%.*g", digits, real);
    while (digits++ < 17 && strtod(text, NULL) != real);
    if (!strpbrk(text, ".e"))
        strcat(text, ".0");
    buffer_printf(out, "real %s", text);
}

/* The elements in row-major order. */
static inline void describe_elements(buffer *out, const pickle_tensor *t, size_t dimension, int64_t at)
{
    size_t size = pickle_dtype_size(t->dtype);
    if (dimension == t->rank) {
        describe_hex(out, (const unsigned char *)t->storage->data + (size_t)at * size, size);
        return;
    }
    for (int64_t i = 0; i < t->sizes[dimension]; i++)
        describe_elements(out, t, dimension + 1, at + i * t->strides[dimension]);
}

static inline void describe_tensor(buffer *out, const pickle_tensor *t)
{
    buffer_printf(out, "%s %s ", t->is_parameter ? "parameter" : "tensor", pickle_dtype_name(t->dtype));
    describe_sizes(out, t->sizes, t->rank);
    buffer_append_string(out, " ");
    describe_sizes(out, t->strides, t->rank);
    buffer_printf(out, " @%" PRId64 "%s ", t->offset, t->requires_grad ? " requires_grad" : "");
    bool empty = false;
    for (size_t i = 0; i < t->rank; i++)
        empty = empty || t->sizes[i] == 0;
    if (!empty)
        describe_elements(out, t, 0, t->offset);
}

static inline void describe_items(buffer *out, const pickle_value *value, const char *open, const char *close)
{
    bool dict = value->kind == PICKLE_DICT;
    buffer_append_string(out, open);
    for (size_t i = 0; i < value->items.count; i++) {
        buffer_append_string(out, i == 0 ? "" : dict && i % 2 ? ": " : ", ");
        describe(out, value->items.at[i]);
    }
    buffer_append_string(out, close);
    if (value->attributes) {
        buffer_append_string(out, " with ");
        describe(out, value->attributes);
    }
}

static inline void describe(buffer *out, const pickle_value *value)
{
    switch (value->kind) {
    case PICKLE_NONE:
        buffer_append_string(out, "none");
        break;
    case PICKLE_BOOLEAN:
        buffer_append_string(out, value->boolean ? "true" : "false");
        break;
    case PICKLE_INTEGER:
        buffer_printf(out, "%" PRId64, value->integer);
        break;
    case PICKLE_LONG:
        buffer_append_string(out, "long");
        break;
    case PICKLE_REAL:
        describe_real(out, value->real);
        break;
    case PICKLE_STRING:
        describe_string(out, &value->text);
        break;
    case PICKLE_BYTES:
        buffer_append_string(out, "bytes ");
        describe_hex(out, (const unsigned char *)value->text.bytes, value->text.size);
        break;
    case PICKLE_LIST:
        describe_items(out, value, "[", "]");
        break;
    case PICKLE_TUPLE:
        describe_items(out, value, "(", ")");
        break;
    case PICKLE_DICT:
        describe_items(out, value, value->ordered ? "ordered {" : "{", "}");
        break;
    case PICKLE_TENSOR:
        describe_tensor(out, &value->tensor);
        break;
    case PICKLE_ARRAY:
        buffer_printf(out, "array %s ", value->array.dtype);
        describe_sizes(out, value->array.sizes, value->array.rank);
        buffer_append_string(out, " ");
        describe_hex(out, (const unsigned char *)value->array.bytes.bytes, value->array.bytes.size);
        break;
    case PICKLE_GLOBAL:
        buffer_printf(out, "global %s", value->text.bytes);
        break;
    case PICKLE_STORAGE:
        buffer_append_string(out, "storage");
        break;
    }
}

#endif
