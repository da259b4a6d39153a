/* Calls of one fixed operation, looked up at the first. */
#ifndef ACCEL_TENSOR_OP_H
#define ACCEL_TENSOR_OP_H

#include <math.h>

#include <accel/op.h>

#include "engine/engine.h"

typedef struct op_site {
    const char *call; /* the function that failures are recorded under */
    const char *name; /* the operation, "aten::add.Tensor" */
    _Atomic(engine_op *) op;
} op_site;

/* The operation's one result: new. */
accel_tensor *op_call(op_site *site, const accel_value *values, size_t count);

/* An operation without results. */
accel_status op_run(op_site *site, const accel_value *values, size_t count);

/* Tensors as one argument: borrowed for the call. */
static inline accel_value op_tensors(accel_tensor *const *tensors, size_t count)
{
    return (accel_value){.kind = ACCEL_VALUE_TENSORS, .count = count, .as.tensors = tensors};
}

/* A scalar as Python would pass it: whole numbers as integers. */
static inline accel_value op_number(double value)
{
    if (fabs(value) <= 9007199254740992.0 && value == trunc(value))
        return (accel_value){.kind = ACCEL_VALUE_INTEGER, .as.integer = (int64_t)value};
    return (accel_value){.kind = ACCEL_VALUE_REAL, .as.real = value};
}

#endif
