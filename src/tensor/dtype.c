#include <accel/tensor.h>

static const struct {
    accel_dtype dtype;
    const char *name;
    size_t size;
    bool floating;
} dtypes[] = {
    {ACCEL_UINT8, "uint8", 1, false},    {ACCEL_INT8, "int8", 1, false},
    {ACCEL_INT16, "int16", 2, false},    {ACCEL_INT32, "int32", 4, false},
    {ACCEL_INT64, "int64", 8, false},    {ACCEL_FLOAT16, "float16", 2, true},
    {ACCEL_FLOAT32, "float32", 4, true}, {ACCEL_FLOAT64, "float64", 8, true},
    {ACCEL_BOOLEAN, "bool", 1, false},   {ACCEL_BFLOAT16, "bfloat16", 2, true},
};

enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

const char *accel_dtype_name(accel_dtype dtype)
{
    for (int i = 0; i < DTYPES; i++)
        if (dtypes[i].dtype == dtype)
            return dtypes[i].name;
    return "unknown";
}

size_t accel_dtype_size(accel_dtype dtype)
{
    for (int i = 0; i < DTYPES; i++)
        if (dtypes[i].dtype == dtype)
            return dtypes[i].size;
    return 0;
}

bool accel_dtype_is_floating(accel_dtype dtype)
{
    for (int i = 0; i < DTYPES; i++)
        if (dtypes[i].dtype == dtype)
            return dtypes[i].floating;
    return false;
}
