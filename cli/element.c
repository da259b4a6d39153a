#include "cli/element.h"

static const struct {
    safetensors_dtype safetensors;
    pickle_dtype pickle;
} rows[] = {
    {SAFETENSORS_BOOL, PICKLE_bool},
    {SAFETENSORS_U8, PICKLE_uint8},
    {SAFETENSORS_I8, PICKLE_int8},
    {SAFETENSORS_F8_E5M2, PICKLE_float8_e5m2},
    {SAFETENSORS_F8_E4M3, PICKLE_float8_e4m3fn},
    {SAFETENSORS_F8_E8M0, PICKLE_float8_e8m0fnu},
    {SAFETENSORS_F8_E4M3FNUZ, PICKLE_float8_e4m3fnuz},
    {SAFETENSORS_F8_E5M2FNUZ, PICKLE_float8_e5m2fnuz},
    {SAFETENSORS_I16, PICKLE_int16},
    {SAFETENSORS_U16, PICKLE_uint16},
    {SAFETENSORS_F16, PICKLE_float16},
    {SAFETENSORS_BF16, PICKLE_bfloat16},
    {SAFETENSORS_I32, PICKLE_int32},
    {SAFETENSORS_U32, PICKLE_uint32},
    {SAFETENSORS_F32, PICKLE_float32},
    {SAFETENSORS_C64, PICKLE_complex64},
    {SAFETENSORS_F64, PICKLE_float64},
    {SAFETENSORS_I64, PICKLE_int64},
    {SAFETENSORS_U64, PICKLE_uint64},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

bool element_to_safetensors(pickle_dtype from, safetensors_dtype *to)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].pickle == from)
            return *to = rows[i].safetensors, true;
    return false;
}

bool element_to_pickle(safetensors_dtype from, pickle_dtype *to)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].safetensors == from)
            return *to = rows[i].pickle, true;
    return false;
}
