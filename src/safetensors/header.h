/* The header of a file: untrusted JSON in, checked entries out. */
#ifndef ACCEL_SAFETENSORS_HEADER_H
#define ACCEL_SAFETENSORS_HEADER_H

#include <jansson.h>

#include <accel/error.h>

#include "safetensors/entry.h"

/* The entries are in the order of their bytes, which follow each other without a gap; they have no data yet.
   The metadata is in the order of the header, NULL when the header has no such key. */
typedef struct safetensors_header {
    json_t *root; /* owns the names and the pairs' strings */
    safetensors_entry *entries;
    size_t count;
    int64_t *dimensions; /* of all entries */
    safetensors_pair *metadata;
    size_t metadata_count;
    size_t data_size; /* the bytes of all entries */
} safetensors_header;

/* Checks `size` bytes of JSON against every rule of the format and fills `header`. `call` and `path` begin the
   message of a failure; on failure there is nothing to dispose. */
accel_status safetensors_header_parse(safetensors_header *header, const char *call, const char *path,
                                      const char *text, size_t size);

void safetensors_header_dispose(safetensors_header *header);

#endif
