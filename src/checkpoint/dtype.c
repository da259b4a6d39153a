#include "checkpoint/dtype.h"

static const struct {
    accel_dtype tensor;
    safetensors_dtype safetensors;
    pickle_dtype pickle;
} rows[] = {
    {ACCEL_UINT8, SAFETENSORS_U8, PICKLE_uint8},      {ACCEL_INT8, SAFETENSORS_I8, PICKLE_int8},
    {ACCEL_INT16, SAFETENSORS_I16, PICKLE_int16},     {ACCEL_INT32, SAFETENSORS_I32, PICKLE_int32},
    {ACCEL_INT64, SAFETENSORS_I64, PICKLE_int64},     {ACCEL_FLOAT16, SAFETENSORS_F16, PICKLE_float16},
    {ACCEL_FLOAT32, SAFETENSORS_F32, PICKLE_float32}, {ACCEL_FLOAT64, SAFETENSORS_F64, PICKLE_float64},
    {ACCEL_BOOLEAN, SAFETENSORS_BOOL, PICKLE_bool},   {ACCEL_BFLOAT16, SAFETENSORS_BF16, PICKLE_bfloat16},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

bool dtype_from_safetensors(safetensors_dtype from, accel_dtype *to)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].safetensors == from)
            return *to = rows[i].tensor, true;
    return false;
}

bool dtype_from_pickle(pickle_dtype from, accel_dtype *to)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].pickle == from)
            return *to = rows[i].tensor, true;
    return false;
}

bool dtype_to_safetensors(accel_dtype from, safetensors_dtype *to)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].tensor == from)
            return *to = rows[i].safetensors, true;
    return false;
}

bool dtype_to_pickle(accel_dtype from, pickle_dtype *to)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].tensor == from)
            return *to = rows[i].pickle, true;
    return false;
}
