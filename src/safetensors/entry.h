/* What a file holds: named tensors, and pairs of strings about them. The reader gives both as arrays and the
   writer takes them, so that the contents of one file can be written to another as they are. */
#ifndef ACCEL_SAFETENSORS_ENTRY_H
#define ACCEL_SAFETENSORS_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "safetensors/dtype.h"

/* The key beside the tensors' names under which a header keeps the pairs. */
#define SAFETENSORS_METADATA_KEY "__metadata__"

/* The longest header the format allows, in bytes. */
#define SAFETENSORS_HEADER_MAX 100000000u

/* A tensor: `size` bytes, elements little-endian and in row-major order. A reader's `data` points into the
   file and may be unaligned for its type: other programs write files without padding, so copy, or check
   before a cast. */
typedef struct safetensors_entry {
    const char *name; /* UTF-8, any length, may be empty */
    safetensors_dtype dtype;
    size_t rank;
    const int64_t *shape; /* `rank` dimensions, none negative */
    const void *data;
    size_t size;
} safetensors_entry;

typedef struct safetensors_pair {
    const char *key, *value; /* UTF-8 */
} safetensors_pair;

/* How many bytes of a name a message shows: all of a short one, of a long one whole characters. */
int safetensors_shown_length(const char *name);

#endif
