#include "safetensors/dtype.h"

#include <string.h>

static const struct {
    const char *name;
    size_t bits;
} dtypes[] = {
#define DTYPE_ROW(name, bits) {#name, bits},
    SAFETENSORS_DTYPE_TABLE(DTYPE_ROW)
#undef DTYPE_ROW
};

enum { DTYPE_COUNT = sizeof dtypes / sizeof dtypes[0] };

const char *safetensors_dtype_name(safetensors_dtype dtype)
{
    return (size_t)dtype < DTYPE_COUNT ? dtypes[dtype].name : NULL;
}

bool safetensors_dtype_parse(const char *name, safetensors_dtype *dtype)
{
    for (size_t i = 0; i < DTYPE_COUNT; i++) {
        if (strcmp(name, dtypes[i].name) != 0)
            continue;
        *dtype = (safetensors_dtype)i;
        return true;
    }
    return false;
}

static bool multiply(size_t *product, size_t factor)
{
    return !__builtin_mul_overflow(*product, factor, product);
}

const char *safetensors_byte_count(safetensors_dtype dtype, const int64_t *shape, size_t rank, size_t *bytes)
{
    size_t bits = 1;
    for (size_t i = 0; i < rank; i++) {
        if (shape[i] < 0)
            return "a dimension is negative";
        if (!multiply(&bits, (size_t)shape[i]))
            return "the product of the shape overflows";
    }
    if (!multiply(&bits, dtypes[dtype].bits))
        return "the product of the shape overflows";
    if (bits % 8 != 0)
        return "its packed elements end inside a byte";
    *bytes = bits / 8;
    return NULL;
}
