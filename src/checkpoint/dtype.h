/* Element types of tensors and of files. */
#ifndef ACCEL_CHECKPOINT_DTYPE_H
#define ACCEL_CHECKPOINT_DTYPE_H

#include <stdbool.h>

#include <accel/tensor.h>

#include "safetensors/dtype.h"

/* False when the other side has no such type. */
bool dtype_from_safetensors(safetensors_dtype from, accel_dtype *to);
bool dtype_to_safetensors(accel_dtype from, safetensors_dtype *to);

#endif
