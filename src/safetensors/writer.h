/* Writing a safetensors file, byte for byte as the safetensors library 0.8 does. */
#ifndef ACCEL_SAFETENSORS_WRITER_H
#define ACCEL_SAFETENSORS_WRITER_H

#include <accel/error.h>

#include "base/file.h"
#include "safetensors/entry.h"

/* Writes `count` tensors, in any order, to `path`. `metadata` NULL leaves the list out; one of no pairs is
   written as an empty list. The file appears under its name when it is complete; until then, and on failure,
   what was there stays. Nothing is copied: the data is written from where it is, and must not change
   meanwhile.
   Fails with ACCEL_EINVAL, naming the tensor, on two of one name, the name "__metadata__", text that is not
   UTF-8, a size that its shape and dtype do not make; with ACCEL_EIO when the file cannot be written.
   Source: safetensors.torch.save_file. It writes several pairs in a random order; here they keep theirs. */
accel_status safetensors_write(const char *path, const safetensors_entry *entries, size_t count,
                               const safetensors_pair *metadata, size_t metadata_count);

/* The same up to the last step, for files that are to appear together: file_writer_commit puts it in its place. NULL on failure. */
file_writer *safetensors_stage(const char *path, const safetensors_entry *entries, size_t count,
                               const safetensors_pair *metadata, size_t metadata_count);

#endif
