#include <accel/options.h>

#include "base/callback.h"
#include "base/error.h"
#include "base/memory.h"
#include "tensor/tensor.h"

/* Who is told when wrapped memory is not used any more: nobody before the tensor was made, since the engine also ends
   what it could not finish. */
typedef struct loan {
    accel_release_function *release;
    void *user;
    bool made;
} loan;

static void end_loan(void *data, void *user)
{
    loan *l = user;
    if (!l->made)
        return;
    callback running;
    callback_begin(&running, CALLBACK_RELEASE, NULL);
    l->release(data, l->user);
    callback_end(&running);
    memory_free(l);
}

/* Whether the memory that a tensor of that shape reaches has a size. The engine does not survive one that has none. */
static bool extent_overflows(accel_dtype dtype, const int64_t *sizes, const int64_t *strides, size_t rank)
{
    int64_t count = 1, reach = 1, step, bytes;
    for (size_t i = 0; i < rank; i++) {
        int64_t size = sizes[i] > 0 ? sizes[i] : 1;
        if (__builtin_mul_overflow(count, size, &count))
            return true;
        if (strides && (__builtin_mul_overflow(size - 1, strides[i], &step) ||
                        __builtin_add_overflow(reach, step, &reach)))
            return true;
    }
    int64_t items = strides ? reach : count;
    return __builtin_mul_overflow(items, (int64_t)accel_dtype_size(dtype), &bytes);
}

static bool is_valid(const char *call, const void *data, accel_dtype dtype, const int64_t *sizes, size_t rank,
                     const int64_t *strides)
{
    if (!tensor_shape_is_valid(call, dtype, sizes, rank))
        return false;
    for (size_t i = 0; strides && i < rank; i++) {
        if (strides[i] >= 0)
            continue;
        accel_error_raise(ACCEL_EINVAL, call, "strides[%zu] must not be negative, got %lld", i,
                          (long long)strides[i]);
        return false;
    }
    if (!data)
        accel_error_raise(ACCEL_EINVAL, call, "data is NULL");
    else if ((uintptr_t)data % accel_dtype_size(dtype) != 0)
        accel_error_raise(ACCEL_EINVAL, call, "data is not aligned to the %zu bytes of a %s",
                          accel_dtype_size(dtype), accel_dtype_name(dtype));
    else if (extent_overflows(dtype, sizes, strides, rank))
        accel_error_raise(ACCEL_EINVAL, call, "sizes and strides reach beyond all memory");
    else
        return true;
    return false;
}

accel_tensor_wrap_options accel_tensor_wrap_options_default(void)
{
    return (accel_tensor_wrap_options){ACCEL_TENSOR_WRAP_DEFAULTS()};
}

accel_tensor *accel_tensor_wrap_with(void *data, accel_dtype dtype, const int64_t *sizes, size_t rank,
                                     const accel_tensor_wrap_options *options)
{
    static const char call[] = "accel_tensor_wrap";
    RETURN_NULL_IF_FAILED();
    accel_tensor_wrap_options o = accel_tensor_wrap_options_default();
    if (accel_options_read(call, &o, sizeof o, options) != ACCEL_OK ||
        !is_valid(call, data, dtype, sizes, rank, o.strides))
        return NULL;
    loan *l = NULL;
    if (o.release) {
        l = memory_alloc(1, sizeof *l);
        if (!l)
            return NULL;
        *l = (loan){.release = o.release, .user = o.user};
    }
    accel_tensor *tensor =
        tensor_create(engine_tensor_wrap(data, dtype, sizes, o.strides, rank, l ? end_loan : NULL, l));
    if (l && tensor)
        l->made = true;
    else
        memory_free(l);
    return tensor;
}
