#include "track/proto.h"

#include <string.h>

enum { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 }; /* wire types */

/* Seven bits a byte, the lowest first. */
static void append_varint(buffer *out, uint64_t value)
{
    unsigned char bytes[10];
    size_t size = 0;
    do {
        bytes[size] = (unsigned char)(value & 0x7f);
        value >>= 7;
        bytes[size++] |= value ? 0x80 : 0;
    } while (value);
    buffer_append(out, bytes, size);
}

static void append_key(buffer *out, unsigned field, unsigned type) { append_varint(out, field << 3 | type); }

void proto_integer(buffer *message, unsigned field, uint64_t value)
{
    append_key(message, field, VARINT);
    append_varint(message, value);
}

/* Numbers are little-endian, as those of this machine are. */
void proto_double(buffer *message, unsigned field, double value)
{
    append_key(message, field, FIXED64);
    buffer_append(message, &value, sizeof value);
}

void proto_float(buffer *message, unsigned field, float value)
{
    append_key(message, field, FIXED32);
    buffer_append(message, &value, sizeof value);
}

void proto_bytes(buffer *message, unsigned field, const void *bytes, size_t size)
{
    append_key(message, field, LENGTH);
    append_varint(message, size);
    buffer_append(message, bytes, size);
}

void proto_string(buffer *message, unsigned field, const char *text)
{
    proto_bytes(message, field, text, strlen(text));
}

void proto_message(buffer *message, unsigned field, buffer *inner)
{
    proto_bytes(message, field, inner->data, inner->size);
    buffer_dispose(inner);
}
