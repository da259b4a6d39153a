/* Writing a zip archive of stored files, each at a multiple of 64 bytes, so that readers can map it. */
#ifndef ACCEL_PICKLE_ZIP_WRITER_H
#define ACCEL_PICKLE_ZIP_WRITER_H

#include <stddef.h>

#include "base/file.h"

/* An archive that appears under its name when it is complete; until then, and on failure, what was there stays. */
typedef struct zip_writer zip_writer;

zip_writer *zip_writer_open(const char *path);

/* Adds a file. Names must differ, which is not looked at. */
accel_status zip_writer_add(zip_writer *writer, const char *name, const void *bytes, size_t size);

/* Writes the directory: the whole file, to be put in its place with file_writer_commit; NULL on failure. Takes the writer. */
file_writer *zip_writer_end(zip_writer *writer);

#endif
