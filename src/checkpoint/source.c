#include "checkpoint/source.h"

#include <stdatomic.h>

#include <accel/op.h>

#include "base/error.h"
#include "base/memory.h"

struct source {
    void *file;
    void (*close)(void *file);
    atomic_size_t users;
};

source *source_create(void *file, void (*close)(void *file))
{
    source *s = file ? memory_alloc(1, sizeof *s) : NULL;
    if (s)
        *s = (source){.file = file, .close = close, .users = 1};
    else if (file)
        close(file);
    return s;
}

void source_release(source *s)
{
    if (!s || atomic_fetch_sub(&s->users, 1) != 1)
        return;
    s->close(s->file);
    memory_free(s);
}

static void release_span(void *data, void *user)
{
    (void)data;
    source_release(user);
}

/* What the file has in the wrong place for its type, or not at all. */
static accel_tensor *copy_span(const void *data, size_t span, accel_dtype dtype, const int64_t *sizes,
                               size_t rank, const int64_t *strides)
{
    if (!strides || span == 0)
        return accel_tensor_copy_from(data, dtype, sizes, rank);
    const int64_t elements = (int64_t)(span / accel_dtype_size(dtype));
    accel_tensor *plain = accel_tensor_copy_from(data, dtype, &elements, 1);
    const accel_value shape = {.kind = ACCEL_VALUE_INTEGERS, .count = rank, .as.integers = sizes};
    const accel_value gaps = {.kind = ACCEL_VALUE_INTEGERS, .count = rank, .as.integers = strides};
    accel_tensor *strided = accel_op("aten::as_strided", plain, shape, gaps, ACCEL_NONE);
    accel_free(plain);
    return strided;
}

accel_tensor *source_tensor(source *s, const void *data, size_t span, accel_dtype dtype, const int64_t *sizes,
                            size_t rank, const int64_t *strides)
{
    if (span == 0 || (uintptr_t)data % accel_dtype_size(dtype) != 0)
        return copy_span(data, span, dtype, sizes, rank, strides);
    atomic_fetch_add(&s->users, 1);
    accel_tensor *tensor = accel_tensor_wrap((void *)(uintptr_t)data, dtype, sizes, rank, .strides = strides,
                                             .release = release_span, .user = s);
    if (!tensor)
        source_release(s);
    return tensor;
}
