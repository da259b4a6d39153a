/* Writing a file that torch.load takes, also with weights_only=True and mmap=True. */
#ifndef ACCEL_PICKLE_WRITER_H
#define ACCEL_PICKLE_WRITER_H

#include "base/file.h"
#include "pickle/value.h"

/* Writes a value to `path`. Tensors that have one storage, by its address, share it in the file; storages are written from where
   they are and must not change meanwhile. The file appears under its name when it is complete; until then, and on failure, what
   was there stays. Arrays of numpy are not written. */
accel_status pickle_write(const char *path, const pickle_value *root);

/* The same up to the last step, for files that are to appear together: file_writer_commit puts it in its place. NULL on failure. */
file_writer *pickle_stage(const char *path, const pickle_value *root);

#endif
