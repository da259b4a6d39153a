/**
 * Tensors: n-dimensional arrays of one dtype on one device.
 *
 * A tensor handle is a view of the engine's own tensor; several handles may share one storage. Shapes are given
 * as sizes and a rank; ACCEL_SHAPE(2, 3) writes both. NULL and 0 make a 0-dimensional tensor, a scalar.
 *
 *     accel_tensor *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(32, 784));
 *     accel_tensor *mine = accel_tensor_wrap(buffer, ACCEL_FLOAT32, ACCEL_SHAPE(n, 3));   // no copy
 *
 * Threads: reading one tensor from several threads is fine; writing it while others use it is not.
 */
#ifndef ACCEL_TENSOR_H
#define ACCEL_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <accel/scope.h>

ACCEL_BEGIN_DECLS

/** Element types. The numbers are the engine's own. */
typedef enum accel_dtype {
    ACCEL_DTYPE_UNSET = -1, /**< in options: none was chosen */
    ACCEL_UINT8 = 0,
    ACCEL_INT8 = 1,
    ACCEL_INT16 = 2,
    ACCEL_INT32 = 3,
    ACCEL_INT64 = 4,
    ACCEL_FLOAT16 = 5,
    ACCEL_FLOAT32 = 6,
    ACCEL_FLOAT64 = 7,
    ACCEL_BOOLEAN = 11,
    ACCEL_BFLOAT16 = 15,
} accel_dtype;

/** PyTorch's name of a dtype without "torch.", "float32"; "unknown" for a number that is none. Static. */
ACCEL_API const char *accel_dtype_name(accel_dtype dtype);

/** Bytes an element takes; 0 for a number that is no dtype. */
ACCEL_API size_t accel_dtype_size(accel_dtype dtype);

/** Whether the dtype is one of the floating-point ones. */
ACCEL_API bool accel_dtype_is_floating(accel_dtype dtype);

typedef enum accel_device_type {
    ACCEL_CPU = 0,
    ACCEL_CUDA = 1,
} accel_device_type;

/** A place where tensors live. */
typedef struct accel_device {
    accel_device_type type;
    int index; /**< -1 for the CPU */
} accel_device;

/** ACCEL_SHAPE(2, 3): sizes and rank of a shape, as two arguments. They last as long as the call they are written in. */
#ifdef __cplusplus
extern "C++" {
template <size_t Rank> struct accel_shape {
    int64_t numbers[Rank];
    const int64_t *sizes() const { return numbers; }
};
template <class... Sizes> constexpr accel_shape<sizeof...(Sizes)> accel_shape_of(Sizes... sizes)
{
    return {{static_cast<int64_t>(sizes)...}};
}
}
#define ACCEL_SHAPE(...)                                                                                       \
    accel_shape_of(__VA_ARGS__).sizes(), sizeof(accel_shape_of(__VA_ARGS__)) / sizeof(int64_t)
#else
#define ACCEL_SHAPE(...)                                                                                       \
    ((const int64_t[]){__VA_ARGS__}), sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)
#endif

/* ---- making tensors: new; NULL on failure ---- */

/** Zeros, ones, one value, or whatever the memory holds. Shape: sizes[rank]. `value` is
    rounded to a floating dtype and truncated to an integer one.
    Source: torch.zeros, ones, full, empty. */
ACCEL_API accel_tensor *accel_zeros(accel_dtype dtype, const int64_t *sizes, size_t rank);
ACCEL_API accel_tensor *accel_ones(accel_dtype dtype, const int64_t *sizes, size_t rank);
ACCEL_API accel_tensor *accel_full(double value, accel_dtype dtype, const int64_t *sizes, size_t rank);
ACCEL_API accel_tensor *accel_empty(accel_dtype dtype, const int64_t *sizes, size_t rank);

/** A 0-dimensional tensor. */
ACCEL_API accel_tensor *accel_scalar(double value, accel_dtype dtype);

/** The int64 numbers from 0 to n-1. Source: torch.arange(n). */
ACCEL_API accel_tensor *accel_arange(int64_t n);

/** A copy of `data`, which is borrowed for the call: contiguous, row by row. */
ACCEL_API accel_tensor *accel_tensor_copy_from(const void *data, accel_dtype dtype, const int64_t *sizes,
                                               size_t rank);

/** Called when nothing uses wrapped memory any more; on any thread. It must not call accelerator_finish,
    accelerator_free_memory or accelerator_prepare. What it records on a thread of the engine's is a line of the log. */
typedef void accel_release_function(void *data, void *user);

typedef struct accel_tensor_wrap_options {
    size_t struct_size;
    const int64_t *strides;          /**< elements between neighbours of each dimension; NULL: contiguous */
    accel_release_function *release; /**< NULL: nobody is told */
    void *user;
} accel_tensor_wrap_options;
#define ACCEL_TENSOR_WRAP_DEFAULTS()                                                                           \
    .struct_size = sizeof(accel_tensor_wrap_options), .strides = NULL, .release = NULL, .user = NULL

/** A tensor over the caller's memory, without a copy. `data` is borrowed until `release` is called, or for as
    long as any tensor that shares the storage lives; it must be aligned to the element size. Writes go through
    in both directions. On failure `release` is not called. Source: torch.from_blob. */
ACCEL_API accel_tensor *accel_tensor_wrap_with(void *data, accel_dtype dtype, const int64_t *sizes, size_t rank,
                                               const accel_tensor_wrap_options *options);
ACCEL_API accel_tensor_wrap_options accel_tensor_wrap_options_default(void);
/** accel_tensor_wrap(data, dtype, sizes, rank, options…), where ACCEL_SHAPE gives sizes and rank. */
#ifdef __cplusplus
ACCEL_OVERLOADS_4(accel_tensor *, accel_tensor_wrap, void *, accel_dtype, const int64_t *, size_t,
                  accel_tensor_wrap_options)
#else
#define accel_tensor_wrap(...)                                                                                 \
    ACCEL_CALL_4(accel_tensor_wrap_with, accel_tensor_wrap_options, ACCEL_TENSOR_WRAP_DEFAULTS, __VA_ARGS__)
#endif

/* ---- looking at one ---- */

/** Dimensions; 0 on failure. */
ACCEL_API size_t accel_tensor_rank(accel_tensor *tensor);

/** Elements along a dimension; negative dimensions count from the end. -1 on failure. */
ACCEL_API int64_t accel_tensor_size(accel_tensor *tensor, int dimension);

/** Elements in all. -1 on failure. */
ACCEL_API int64_t accel_tensor_numel(accel_tensor *tensor);

/** Bytes of all elements; 0 on failure. */
ACCEL_API size_t accel_tensor_bytes(accel_tensor *tensor);

/** Elements between neighbours along a dimension. -1 on failure. */
ACCEL_API int64_t accel_tensor_stride(accel_tensor *tensor, int dimension);

/** All sizes: borrowed from the tensor. */
ACCEL_API const int64_t *accel_tensor_sizes(accel_tensor *tensor);

/** The dtype; ACCEL_UINT8 with an error recorded when the handle is not usable. */
ACCEL_API accel_dtype accel_tensor_dtype(accel_tensor *tensor);
/** Where it lives; the CPU with an error recorded when the handle is not usable. */
ACCEL_API accel_device accel_tensor_device(accel_tensor *tensor);
ACCEL_API bool accel_tensor_is_contiguous(accel_tensor *tensor);

/** The first element's address. Borrowed from the tensor. NULL on failure, for a tensor without elements, and for one on a GPU, whose
    memory the program cannot read: ACCEL_EINVAL, see accel_tensor_copy_to and accel_to_device. Source: Tensor.numpy. */
ACCEL_API void *accel_tensor_data(accel_tensor *tensor);

/** The same on any device: on a GPU an address for its own code alone. Source: Tensor.data_ptr. */
ACCEL_API void *accel_tensor_device_data(accel_tensor *tensor);

/** The value of a tensor with one element; NaN on failure. Waits for the device. Source: Tensor.item. */
ACCEL_API double accel_item(accel_tensor *tensor);

/** The same for integers, exact over 64 bits; -1 on failure, and for a floating-point tensor. */
ACCEL_API int64_t accel_item_integer(accel_tensor *tensor);

/** Copies every element, row by row, to the caller's memory, which holds `size` bytes: as many as the tensor. */
ACCEL_API accel_status accel_tensor_copy_to(accel_tensor *tensor, void *data, size_t size);

/** Copies the elements of `source` (any shape that broadcasts, any dtype) into `tensor`, in place. Not recorded by
    autograd when called in accel_no_grad(). Source: Tensor.copy_. */
ACCEL_API accel_status accel_tensor_assign(accel_tensor *tensor, accel_tensor *source);

/** Prints values, shape and dtype: "tensor([[1, 2], [3, 4]], shape=(2, 2), dtype=float32)". Long dimensions are
    shortened with dots, as in PyTorch. `stream` is borrowed. */
ACCEL_API accel_status accel_tensor_print(accel_tensor *tensor, FILE *stream);

ACCEL_END_DECLS

#endif
