#include "tensor/state.h"

#include <accel/ops.h>

#include "base/error.h"

void state_set(accel_dict *state, const char *name, accel_dtype dtype, const void *values, const int64_t *sizes,
               size_t rank)
{
    accel_tensor *tensor = accel_tensor_copy_from(values, dtype, sizes, rank);
    accel_dict_set(state, name, tensor);
    accel_free(tensor);
}

accel_tensor *state_get(accel_dict *state, const char *name, const char *call)
{
    RETURN_NULL_IF_FAILED();
    if (!accel_dict_has(state, name) && !accel_error_is_set())
        accel_error_raise(ACCEL_ENOTFOUND, call, "\"%s\" is missing", name);
    return accel_error_is_set() ? NULL : accel_dict_get(state, name);
}

accel_status state_copy_numbers(accel_tensor *tensor, double *numbers, size_t count)
{
    accel_scoped() {
        accel_tensor_copy_to(accel_to_dtype(tensor, ACCEL_FLOAT64), numbers, count * sizeof *numbers);
    }
    return accel_error_status();
}
