/* The element types that tensors and files share. */
#ifndef ACCEL_CHECKPOINT_DTYPE_H
#define ACCEL_CHECKPOINT_DTYPE_H

#include <stdbool.h>

#include <accel/tensor.h>

#include "pickle/dtype.h"
#include "safetensors/dtype.h"

/* False when tensors have no such type. */
bool dtype_from_safetensors(safetensors_dtype from, accel_dtype *to);
bool dtype_from_pickle(pickle_dtype from, accel_dtype *to);

/* Every type of tensors has one in both kinds of files. False for a number that is no type. */
bool dtype_to_safetensors(accel_dtype from, safetensors_dtype *to);
bool dtype_to_pickle(accel_dtype from, pickle_dtype *to);

#endif
