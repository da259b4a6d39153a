/* Element types of one kind of file in terms of the other. */
#ifndef ACCEL_CLI_ELEMENT_H
#define ACCEL_CLI_ELEMENT_H

#include "pickle/dtype.h"
#include "safetensors/dtype.h"

/* False where the other kind has no such type. */
bool element_to_safetensors(pickle_dtype from, safetensors_dtype *to);
bool element_to_pickle(safetensors_dtype from, pickle_dtype *to);

#endif
