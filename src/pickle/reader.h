/* Reading a file that torch.save wrote: a zip archive with a pickle and the bytes of its storages. Everything is checked when it
 * is opened, so that no span it hands out can be wrong. */
#ifndef ACCEL_PICKLE_READER_H
#define ACCEL_PICKLE_READER_H

#include "pickle/value.h"

/* An open file. It never changes, so threads may share it. Whatever is borrowed from it ends with it. */
typedef struct pickle_file pickle_file;

/* Whether a file begins as such an archive; those from before torch 1.6 are told by their names alone. */
bool pickle_is_archive(const char *path);

/* Maps a file. NULL on failure: ACCEL_ENOTFOUND, ACCEL_EIO, ACCEL_EFORMAT with what is wrong, ACCEL_EUNSUPPORTED for globals
   that are no tensors or plain data, by name, and for files from before torch 1.6. The checksum of the pickle is compared, those
   of the storages are not unless they are compressed. The file must not shrink while it is open. */
pickle_file *pickle_open(const char *path);

/* The same for bytes at hand, which are borrowed until the close; `name` stands for the path in messages. */
pickle_file *pickle_from_memory(const char *name, const void *bytes, size_t size);

void pickle_close(pickle_file *file); /* NULL does nothing */

/* What was saved. Borrowed. */
const pickle_value *pickle_root(const pickle_file *file);

#endif
