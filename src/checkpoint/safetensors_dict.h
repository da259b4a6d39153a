/* Dicts of tensors in safetensors files. */
#ifndef ACCEL_CHECKPOINT_SAFETENSORS_DICT_H
#define ACCEL_CHECKPOINT_SAFETENSORS_DICT_H

#include <accel/dict.h>

#include "base/file.h"

/* Adds the tensors of a file, which is mapped, to a dict; one that it has already is replaced. */
accel_status safetensors_dict_read(accel_dict *dict, const char *path, const char *call);

/* A file of the dict, written but for its place: see file_writer_commit. NULL on failure. */
file_writer *safetensors_dict_stage(accel_dict *dict, const char *path, const char *call);

#endif
