#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static accel_status reserve(buffer *b, size_t more)
{
    if (b->capacity - b->size > more)
        return ACCEL_OK;
    if (more >= SIZE_MAX / 2 - b->size)
        return RAISE(ACCEL_ENOMEM, "no memory for %zu more bytes", more);
    size_t capacity = b->capacity ? b->capacity * 2 : 64;
    while (capacity - b->size <= more)
        capacity *= 2;
    char *data = memory_resize(b->data, capacity, 1);
    if (!data)
        return accel_error_status();
    b->data = data;
    b->capacity = capacity;
    return ACCEL_OK;
}

accel_status buffer_append(buffer *b, const void *bytes, size_t size)
{
    accel_status status = reserve(b, size);
    if (status != ACCEL_OK)
        return status;
    if (size)
        memcpy(b->data + b->size, bytes, size);
    b->size += size;
    b->data[b->size] = '\0';
    return ACCEL_OK;
}

accel_status buffer_append_string(buffer *b, const char *text) { return buffer_append(b, text, strlen(text)); }

accel_status buffer_printf(buffer *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return RAISE(ACCEL_EINVAL, "format \"%s\" cannot be printed", format);
    accel_status status = reserve(b, (size_t)length);
    if (status != ACCEL_OK)
        return status;
    va_start(arguments, format);
    vsnprintf(b->data + b->size, (size_t)length + 1, format, arguments);
    va_end(arguments);
    b->size += (size_t)length;
    return ACCEL_OK;
}

accel_status buffer_append_choice(buffer *b, const char *const *words)
{
    accel_status status = ACCEL_OK;
    for (const char *const *word = words; *word && status == ACCEL_OK; word++)
        status = buffer_printf(b, "%s%s", word == words ? "" : word[1] ? ", " : " or ", *word);
    return status;
}

void buffer_dispose(buffer *b)
{
    memory_free(b->data);
    *b = (buffer){0};
}
