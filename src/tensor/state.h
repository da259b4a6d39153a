/* Entries of state dicts: plain numbers among the tensors. */
#ifndef ACCEL_TENSOR_STATE_H
#define ACCEL_TENSOR_STATE_H

#include <accel/dict.h>

/* Adds a copy of plain numbers, as accel_tensor_copy_from takes them; rank 0 for one. */
void state_set(accel_dict *state, const char *name, accel_dtype dtype, const void *values, const int64_t *sizes,
               size_t rank);

/* An entry: borrowed. NULL with ACCEL_ENOTFOUND, under the name `call`, for one that is missing. */
accel_tensor *state_get(accel_dict *state, const char *name, const char *call);

/* The numbers of a tensor of any shape and dtype, which has `count` of them. */
accel_status state_copy_numbers(accel_tensor *tensor, double *numbers, size_t count);

#endif
