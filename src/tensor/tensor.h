/* Tensor handles, as the rooms above make and check them. */
#ifndef ACCEL_TENSOR_TENSOR_H
#define ACCEL_TENSOR_TENSOR_H

#include <accel/tensor.h>

#include "base/object.h"
#include "engine/engine.h"

extern const object_class tensor_class;

/* A new handle that takes the payload, also on failure. NULL stays NULL. */
accel_tensor *tensor_create(engine_payload payload);

/* Another handle to the same tensor: new. */
accel_tensor *tensor_share(accel_tensor *tensor, const char *call);

/* Whether the tensor was made by the program, not computed from others that require gradients. */
bool tensor_is_leaf(accel_tensor *tensor);

/* Whether the handle is a live tensor; records why not. */
bool tensor_check(accel_tensor *tensor, const char *call, const char *what);

/* Whether every element has its place in memory; records why not. */
bool tensor_check_strided(accel_tensor *tensor, const char *call);

/* Checks the handle and looks at it. */
accel_status tensor_view(accel_tensor *tensor, const char *call, engine_view *view);

/* The same values on the device, or on the CPU, row by row without gaps: new, and sharing storage where that is how they are. */
accel_tensor *tensor_plain_on(accel_tensor *tensor, accel_device device, const char *call);
accel_tensor *tensor_on_cpu(accel_tensor *tensor, const char *call);

/* Whether operations of this thread choose their dtype: then tensors of different floating dtypes meet. */
bool tensor_is_autocasting(void);

/* accel_backward_from under another name. */
accel_status tensor_backward(const char *call, accel_tensor *tensor, accel_tensor *gradient, bool retain_graph);

/* Whether some of its elements are the same memory, as accel_expand makes them: nothing can be written into it. */
bool tensor_overlaps_itself(const engine_view *view);

/* Whether a tensor can be made like that; records why not. */
bool tensor_shape_is_valid(const char *call, accel_dtype dtype, const int64_t *sizes, size_t rank);

bool tensor_same_shape(const engine_view *a, const engine_view *b);
bool tensor_same_strides(const engine_view *a, const engine_view *b); /* of one rank */

/* "(2, 3)" into `text`. Returns `text`. */
enum { TENSOR_SHAPE_TEXT = 160 };
const char *tensor_shape_text(const int64_t *sizes, size_t rank, char text[TENSOR_SHAPE_TEXT]);

#endif
