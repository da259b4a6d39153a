/* A growing run of bytes, always followed by a zero byte. */
#ifndef ACCEL_BASE_BUFFER_H
#define ACCEL_BASE_BUFFER_H

#include <stddef.h>

#include <accel/error.h>

/* Start with {0}. Once an append failed the buffer keeps what it had and ACCEL_ENOMEM is recorded. */
typedef struct buffer {
    char *data; /* NULL while nothing was appended */
    size_t size, capacity;
} buffer;

accel_status buffer_append(buffer *b, const void *bytes, size_t size);
accel_status buffer_append_string(buffer *b, const char *text);
accel_status buffer_printf(buffer *b, const char *format, ...) ACCEL_PRINTF(2, 3);

/* "a, b or c": words, NULL at the end. */
accel_status buffer_append_choice(buffer *b, const char *const *words);

void buffer_dispose(buffer *b);

#endif
