/* Reading a safetensors file: everything is checked when it is opened, so that no span it hands out can be
 * wrong.
 *
 * What the safetensors library 0.8 refuses is refused here. A few things that it takes are refused as well,
 * because the format forbids them or because they cannot be carried: two tensors or pairs of one name, keys
 * beside dtype, shape and data_offsets, an entry or a dtype in another notation than the format's, blanks
 * before the header, zero characters in a string, dimensions over 2^63 - 1.
 */
#ifndef ACCEL_SAFETENSORS_READER_H
#define ACCEL_SAFETENSORS_READER_H

#include <stddef.h>

#include "safetensors/entry.h"

/* An open file. It never changes, so threads may share it. Whatever is borrowed from it ends with it. */
typedef struct safetensors_file safetensors_file;

/* Maps a file. NULL on failure: ACCEL_ENOTFOUND, ACCEL_EIO, or ACCEL_EFORMAT with what breaks which rule.
   The file must not shrink while it is open; one that a writer replaces stays as it was. End it with
   safetensors_close. */
safetensors_file *safetensors_open(const char *path);

/* The same for bytes at hand, which are borrowed until the close; `name` stands for the path in messages. */
safetensors_file *safetensors_from_memory(const char *name, const void *bytes, size_t size);

/* NULL does nothing. */
void safetensors_close(safetensors_file *file);

/* All tensors in the order of their bytes in the file, and how many. Borrowed; not NULL even if there are
   none. */
const safetensors_entry *safetensors_entries(const safetensors_file *file, size_t *count);

/* A tensor by its name; NULL, which is no failure, when there is none. Borrowed. Takes O(log n). */
const safetensors_entry *safetensors_find(const safetensors_file *file, const char *name);

/* The file's pairs of strings in the order of its header, and how many; NULL when it has no such list (an
   empty one is not NULL). Borrowed. */
const safetensors_pair *safetensors_metadata(const safetensors_file *file, size_t *count);

/* The value of a key; NULL, which is no failure, when there is none. Borrowed. */
const char *safetensors_metadata_value(const safetensors_file *file, const char *key);

#endif
