/* Weights in one file of either kind. */
#ifndef ACCEL_CHECKPOINT_WEIGHTS_H
#define ACCEL_CHECKPOINT_WEIGHTS_H

#include <accel/checkpoint.h>

#include "base/file.h"

/* Adds the tensors of a file, whatever it is called, to a dict; a name that it has already is replaced. */
accel_status weights_read(accel_dict *dict, const char *path, const char *call);

/* A file of the dict, of torch.save's kind or of safetensors, written but for its place: see file_writer_commit. NULL on failure. */
file_writer *weights_stage(accel_dict *dict, const char *path, bool pickle, const char *call);

#endif
