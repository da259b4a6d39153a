/* Protocol buffers, the part of the wire format that event files need: fields of a message, appended to its bytes.
 *
 * A message within a message is bytes that were made before. No field is left out for being 0 or empty. When memory runs out
 * ACCEL_ENOMEM is recorded; who appends looks at the record once, at the end.
 *
 * Source: protobuf.dev, "Encoding".
 */
#ifndef ACCEL_TRACK_PROTO_H
#define ACCEL_TRACK_PROTO_H

#include <stdint.h>

#include "base/buffer.h"

void proto_integer(buffer *message, unsigned field, uint64_t value);
void proto_double(buffer *message, unsigned field, double value);
void proto_float(buffer *message, unsigned field, float value);
void proto_string(buffer *message, unsigned field, const char *text);
void proto_bytes(buffer *message, unsigned field, const void *bytes, size_t size);

/* The bytes of another message, which is disposed of. */
void proto_message(buffer *message, unsigned field, buffer *inner);

#endif
