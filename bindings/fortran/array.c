/*
 * Fortran arrays as tensors: the same memory, whose first dimension is Fortran's last.
 *
 * A Fortran array comes as the descriptor that ISO_Fortran_binding.h tells: an address and, for each dimension, its
 * extent and the bytes between neighbours. So a section, a(2:n-1, :), is no copy either.
 */
#include <inttypes.h>

#include <ISO_Fortran_binding.h>

#include <accel/accel.h>

/* A tensor's sizes for an array's extents, and the elements between neighbours. */
typedef struct array_shape {
    int64_t sizes[CFI_MAX_RANK], strides[CFI_MAX_RANK];
    size_t rank;
} array_shape;

static accel_status shape_of(const char *call, const CFI_cdesc_t *array, accel_dtype dtype, array_shape *shape)
{
    CFI_index_t item = (CFI_index_t)accel_dtype_size(dtype);
    shape->rank = (size_t)array->rank;
    for (size_t i = 0; i < shape->rank; i++) {
        const CFI_dim_t *dim = &array->dim[shape->rank - 1 - i];
        shape->sizes[i] = dim->extent;
        shape->strides[i] = dim->extent > 1 ? dim->sm / item : 1;
        if (dim->extent > 1 && dim->sm % item)
            return accel_error_raise(
                ACCEL_EINVAL, call,
                "elements along dimension %zu are %td bytes apart, no multiple of their %td", shape->rank - i,
                dim->sm, item);
    }
    return ACCEL_OK;
}

accel_tensor *accel_fortran_wrap(const CFI_cdesc_t *array, accel_dtype dtype);
accel_tensor *accel_fortran_wrap(const CFI_cdesc_t *array, accel_dtype dtype)
{
    array_shape shape;
    if (shape_of("accel_tensor_wrap", array, dtype, &shape) != ACCEL_OK)
        return NULL;
    accel_tensor_wrap_options options = accel_tensor_wrap_options_default();
    options.strides = shape.strides;
    return accel_tensor_wrap_with(array->base_addr, dtype, shape.sizes, shape.rank, &options);
}

/* The array is contiguous. */
accel_tensor *accel_fortran_copy_from(const CFI_cdesc_t *array, accel_dtype dtype);
accel_tensor *accel_fortran_copy_from(const CFI_cdesc_t *array, accel_dtype dtype)
{
    array_shape shape;
    if (shape_of("accel_tensor_copy_from", array, dtype, &shape) != ACCEL_OK)
        return NULL;
    return accel_tensor_copy_from(array->base_addr, dtype, shape.sizes, shape.rank);
}

/* Whether a tensor has the dtype and the rank of an array. */
static accel_status check_kind(const char *call, accel_tensor *tensor, int rank, accel_dtype dtype)
{
    size_t found = accel_tensor_rank(tensor);
    accel_dtype kind = accel_tensor_dtype(tensor);
    if (accel_error_is_set())
        return accel_error_status();
    if (kind != dtype)
        return accel_error_raise(ACCEL_EINVAL, call, "the array is of dtype %s, the tensor of %s",
                                 accel_dtype_name(dtype), accel_dtype_name(kind));
    if (found != (size_t)rank)
        return accel_error_raise(ACCEL_EINVAL, call, "the array has %d dimensions, the tensor %zu", rank,
                                 found);
    return ACCEL_OK;
}

/* The array is contiguous. */
accel_status accel_fortran_copy_to(accel_tensor *tensor, const CFI_cdesc_t *array, accel_dtype dtype);
accel_status accel_fortran_copy_to(accel_tensor *tensor, const CFI_cdesc_t *array, accel_dtype dtype)
{
    const char *call = "accel_tensor_copy_to";
    array_shape shape;
    accel_status status = shape_of(call, array, dtype, &shape);
    if (status == ACCEL_OK)
        status = check_kind(call, tensor, array->rank, dtype);
    for (size_t i = 0; status == ACCEL_OK && i < shape.rank; i++) {
        int64_t size = accel_tensor_size(tensor, (int)i);
        if (size != shape.sizes[i])
            status =
                accel_error_raise(ACCEL_EINVAL, call,
                                  "the array has %" PRId64 " elements along dimension %zu, the tensor %" PRId64
                                  " along its dimension %zu",
                                  shape.sizes[i], shape.rank - i, size, i);
    }
    return status == ACCEL_OK ? accel_tensor_copy_to(tensor, array->base_addr, accel_tensor_bytes(tensor))
                              : status;
}

/* Points a Fortran pointer at a tensor's elements, or at nothing. */
static accel_status point(CFI_cdesc_t *pointer, accel_tensor *tensor, accel_dtype dtype)
{
    static int64_t nothing; /* where the pointer of an empty tensor points */
    CFI_index_t lower[CFI_MAX_RANK], extents[CFI_MAX_RANK];
    CFI_CDESC_T(CFI_MAX_RANK) memory;
    CFI_cdesc_t *source = (CFI_cdesc_t *)&memory;
    accel_status status = check_kind("accel_tensor_data", tensor, pointer->rank, dtype);
    CFI_setpointer(pointer, NULL, NULL);
    if (status != ACCEL_OK)
        return status;
    CFI_rank_t rank = pointer->rank;
    for (int i = 0; i < rank; i++) {
        extents[i] = accel_tensor_size(tensor, rank - 1 - i);
        lower[i] = 1;
    }
    void *data = accel_tensor_numel(tensor) > 0 ? accel_tensor_data(tensor) : &nothing;
    CFI_establish(source, data, CFI_attribute_other, pointer->type, 0, rank, extents);
    for (int i = 0; i < rank; i++)
        source->dim[i].sm = accel_tensor_stride(tensor, rank - 1 - i) * (CFI_index_t)source->elem_len;
    CFI_setpointer(pointer, source, lower);
    return accel_error_status();
}

#define ACCEL_FORTRAN_DATA(kind, dtype)                                                                        \
    accel_status accel_fortran_data_##kind(CFI_cdesc_t *pointer, accel_tensor *tensor);                        \
    accel_status accel_fortran_data_##kind(CFI_cdesc_t *pointer, accel_tensor *tensor)                         \
    {                                                                                                          \
        return point(pointer, tensor, dtype);                                                                  \
    }
ACCEL_FORTRAN_DATA(real32, ACCEL_FLOAT32)
ACCEL_FORTRAN_DATA(real64, ACCEL_FLOAT64)
ACCEL_FORTRAN_DATA(int32, ACCEL_INT32)
ACCEL_FORTRAN_DATA(int64, ACCEL_INT64)
