/* Generator handles, as op.c passes them on. */
#ifndef ACCEL_TENSOR_GENERATOR_H
#define ACCEL_TENSOR_GENERATOR_H

#include "base/object.h"

extern const object_class generator_class;

#endif
