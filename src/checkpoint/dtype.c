#include "checkpoint/dtype.h"

static const struct {
    accel_dtype tensor;
    safetensors_dtype file;
} pairs[] = {
    {ACCEL_UINT8, SAFETENSORS_U8},      {ACCEL_INT8, SAFETENSORS_I8},     {ACCEL_INT16, SAFETENSORS_I16},
    {ACCEL_INT32, SAFETENSORS_I32},     {ACCEL_INT64, SAFETENSORS_I64},   {ACCEL_FLOAT16, SAFETENSORS_F16},
    {ACCEL_FLOAT32, SAFETENSORS_F32},   {ACCEL_FLOAT64, SAFETENSORS_F64}, {ACCEL_BOOLEAN, SAFETENSORS_BOOL},
    {ACCEL_BFLOAT16, SAFETENSORS_BF16},
};

enum { PAIRS = sizeof pairs / sizeof pairs[0] };

bool dtype_from_safetensors(safetensors_dtype from, accel_dtype *to)
{
    for (int i = 0; i < PAIRS; i++)
        if (pairs[i].file == from)
            return *to = pairs[i].tensor, true;
    return false;
}

bool dtype_to_safetensors(accel_dtype from, safetensors_dtype *to)
{
    for (int i = 0; i < PAIRS; i++)
        if (pairs[i].tensor == from)
            return *to = pairs[i].file, true;
    return false;
}
