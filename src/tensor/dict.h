/* Dicts as the rooms above use them. */
#ifndef ACCEL_TENSOR_DICT_H
#define ACCEL_TENSOR_DICT_H

#include <accel/dict.h>

#include "base/object.h"

extern const object_class dict_class;

/* Another dict of the same tensors: new. */
accel_dict *dict_share(accel_dict *dict);

/* Its tensors in their order, borrowed from it: free the list with memory_free. NULL on failure. */
accel_tensor **dict_tensors(accel_dict *dict, size_t *count);

#endif
