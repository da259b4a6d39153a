#include "pickle/dtype.h"

#include <string.h>

static const struct {
    const char *name, *storage;
    size_t size;
} dtypes[] = {
#define PICKLE_DTYPE_ROW(name, storage, bytes) {#name, #storage, bytes},
    PICKLE_DTYPE_TABLE(PICKLE_DTYPE_ROW)
#undef PICKLE_DTYPE_ROW
};

enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

const char *pickle_dtype_name(pickle_dtype dtype) { return dtypes[dtype].name; }

const char *pickle_dtype_storage(pickle_dtype dtype) { return dtypes[dtype].storage; }

size_t pickle_dtype_size(pickle_dtype dtype) { return dtypes[dtype].size; }

bool pickle_dtype_parse(const char *name, pickle_dtype *dtype)
{
    for (int i = 0; i < DTYPES; i++)
        if (strcmp(dtypes[i].name, name) == 0)
            return *dtype = (pickle_dtype)i, true;
    return false;
}

bool pickle_dtype_parse_storage(const char *name, pickle_dtype *dtype)
{
    for (int i = 0; i < DTYPES && *name; i++)
        if (strcmp(dtypes[i].storage, name) == 0)
            return *dtype = (pickle_dtype)i, true;
    return false;
}
