/* Dicts of tensors in files of torch.save. Python's values have other shapes: dicts in dicts, lists, numbers. Names with dots say
 * where a tensor is among them, and a number is a tensor of no dimension. */
#ifndef ACCEL_CHECKPOINT_PICKLE_DICT_H
#define ACCEL_CHECKPOINT_PICKLE_DICT_H

#include <accel/dict.h>

#include "base/file.h"
#include "checkpoint/nest.h"

/* Adds what a file holds to a dict; a name that it has already is ACCEL_EFORMAT. Its storages are mapped. Lists of numbers become
   one tensor, other lists one for each item; what cannot be a tensor is left out and named in the log. */
accel_status pickle_dict_read(accel_dict *dict, const char *path, const char *call);

/* A file of the dict in that layout, written but for its place: see file_writer_commit. Entries that are one memory stay that. NULL
   on failure. */
file_writer *pickle_dict_stage(accel_dict *dict, const char *path, nest_layout layout, const char *call);

#endif
