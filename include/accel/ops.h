/**
 * Operations on tensors, typed.
 *
 * Every function gives a new tensor, NULL on failure. Names and meanings are those of torch; operations that have no
 * function here are called by name, see op.h. Arrays come as a pointer and a count, which ACCEL_SHAPE writes:
 * accel_reshape(x, ACCEL_SHAPE(-1, 4)). Dimensions count from 0, negative ones from the end. Scalars that are whole
 * numbers count as integers, so that accel_mul_scalar(x, 2) keeps the dtype of an integer tensor, as x * 2 does.
 *
 * Written by scripts/generate_ops from src/tensor/ops.table.
 */
#ifndef ACCEL_OPS_H
#define ACCEL_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/* ---- Arithmetic ---- */

/** a + b, with broadcasting. */
ACCEL_API accel_tensor *accel_add(accel_tensor *a, accel_tensor *b);

/** a - b, with broadcasting. */
ACCEL_API accel_tensor *accel_sub(accel_tensor *a, accel_tensor *b);

/** a * b, with broadcasting. */
ACCEL_API accel_tensor *accel_mul(accel_tensor *a, accel_tensor *b);

/** a / b, with broadcasting; integers give floating point. */
ACCEL_API accel_tensor *accel_div(accel_tensor *a, accel_tensor *b);

/** x + value. */
ACCEL_API accel_tensor *accel_add_scalar(accel_tensor *x, double value);

/** x - value. */
ACCEL_API accel_tensor *accel_sub_scalar(accel_tensor *x, double value);

/** x * value. */
ACCEL_API accel_tensor *accel_mul_scalar(accel_tensor *x, double value);

/** x / value. */
ACCEL_API accel_tensor *accel_div_scalar(accel_tensor *x, double value);

/** x to the power of exponent. */
ACCEL_API accel_tensor *accel_pow_scalar(accel_tensor *x, double exponent);

/** -x. */
ACCEL_API accel_tensor *accel_neg(accel_tensor *x);

/** The absolute value. */
ACCEL_API accel_tensor *accel_abs(accel_tensor *x);

/** x * x. */
ACCEL_API accel_tensor *accel_square(accel_tensor *x);

/** The square root. */
ACCEL_API accel_tensor *accel_sqrt(accel_tensor *x);

/** One over the square root. */
ACCEL_API accel_tensor *accel_rsqrt(accel_tensor *x);

/** e to the power of x. */
ACCEL_API accel_tensor *accel_exp(accel_tensor *x);

/** The natural logarithm. */
ACCEL_API accel_tensor *accel_log(accel_tensor *x);

/** The sine. */
ACCEL_API accel_tensor *accel_sin(accel_tensor *x);

/** The cosine. */
ACCEL_API accel_tensor *accel_cos(accel_tensor *x);

/** x limited to [min, max]. */
ACCEL_API accel_tensor *accel_clamp(accel_tensor *x, double min, double max);

/** The larger of both, element by element. */
ACCEL_API accel_tensor *accel_maximum(accel_tensor *a, accel_tensor *b);

/** The smaller of both, element by element. */
ACCEL_API accel_tensor *accel_minimum(accel_tensor *a, accel_tensor *b);

/* ---- Activations ---- */

/** max(x, 0). */
ACCEL_API accel_tensor *accel_relu(accel_tensor *x);

/** x times the normal distribution function of x (the exact form). */
ACCEL_API accel_tensor *accel_gelu(accel_tensor *x);

/** x times sigmoid(x). */
ACCEL_API accel_tensor *accel_silu(accel_tensor *x);

/** 1 / (1 + exp(-x)). */
ACCEL_API accel_tensor *accel_sigmoid(accel_tensor *x);

/** The hyperbolic tangent. */
ACCEL_API accel_tensor *accel_tanh(accel_tensor *x);

/** Softmax along dim. */
ACCEL_API accel_tensor *accel_softmax(accel_tensor *x, int64_t dim);

/** The logarithm of softmax along dim. */
ACCEL_API accel_tensor *accel_log_softmax(accel_tensor *x, int64_t dim);

/* ---- Comparison: results are boolean tensors ---- */

/** Where a == b. */
ACCEL_API accel_tensor *accel_eq(accel_tensor *a, accel_tensor *b);

/** Where a != b. */
ACCEL_API accel_tensor *accel_ne(accel_tensor *a, accel_tensor *b);

/** Where a < b. */
ACCEL_API accel_tensor *accel_lt(accel_tensor *a, accel_tensor *b);

/** Where a > b. */
ACCEL_API accel_tensor *accel_gt(accel_tensor *a, accel_tensor *b);

/** Where x == value. */
ACCEL_API accel_tensor *accel_eq_scalar(accel_tensor *x, double value);

/** Where x != value. */
ACCEL_API accel_tensor *accel_ne_scalar(accel_tensor *x, double value);

/** Where x < value. */
ACCEL_API accel_tensor *accel_lt_scalar(accel_tensor *x, double value);

/** Where x > value. */
ACCEL_API accel_tensor *accel_gt_scalar(accel_tensor *x, double value);

/** Where x is false or zero. */
ACCEL_API accel_tensor *accel_logical_not(accel_tensor *x);

/** Where both are true or non-zero. */
ACCEL_API accel_tensor *accel_logical_and(accel_tensor *a, accel_tensor *b);

/** Where x is neither infinite nor NaN. */
ACCEL_API accel_tensor *accel_isfinite(accel_tensor *x);

/** Whether every element is true: a scalar. */
ACCEL_API accel_tensor *accel_all(accel_tensor *x);

/** Whether some element is true: a scalar. */
ACCEL_API accel_tensor *accel_any(accel_tensor *x);

/** a where condition, else b. */
ACCEL_API accel_tensor *accel_where(accel_tensor *condition, accel_tensor *a, accel_tensor *b);

/** x with value where mask is true. */
ACCEL_API accel_tensor *accel_masked_fill(accel_tensor *x, accel_tensor *mask, double value);

/* ---- Reductions ---- */

/** The sum of all elements: a scalar. */
ACCEL_API accel_tensor *accel_sum(accel_tensor *x);

/** The mean of all elements: a scalar. */
ACCEL_API accel_tensor *accel_mean(accel_tensor *x);

/** The largest element: a scalar. */
ACCEL_API accel_tensor *accel_max(accel_tensor *x);

/** The smallest element: a scalar. */
ACCEL_API accel_tensor *accel_min(accel_tensor *x);

/** The sum along dims. */
ACCEL_API accel_tensor *accel_sum_dims(accel_tensor *x, const int64_t *dims, size_t dims_count, bool keepdim);

/** The mean along dims. */
ACCEL_API accel_tensor *accel_mean_dims(accel_tensor *x, const int64_t *dims, size_t dims_count, bool
    keepdim);

/** The index (int64) of the largest element along dim. */
ACCEL_API accel_tensor *accel_argmax(accel_tensor *x, int64_t dim, bool keepdim);

/** The vector norm of all elements: a scalar. order may be INFINITY. */
ACCEL_API accel_tensor *accel_vector_norm(accel_tensor *x, double order);

/* ---- Linear algebra ---- */

/** The matrix product over the last two dimensions, batched over the others. */
ACCEL_API accel_tensor *accel_matmul(accel_tensor *a, accel_tensor *b);

/** x · weightᵀ + bias. x: (*, I), weight: (O, I), bias: (O), result: (*, O). */
ACCEL_API accel_tensor *accel_functional_linear(accel_tensor *x, accel_tensor *weight, accel_tensor *bias);

/* ---- Shape: results share x's storage where they can ---- */

/** The same elements in another shape; one size may be -1. */
ACCEL_API accel_tensor *accel_reshape(accel_tensor *x, const int64_t *sizes, size_t sizes_count);

/** As reshape, but never a copy: an error where one would be needed. */
ACCEL_API accel_tensor *accel_view(accel_tensor *x, const int64_t *sizes, size_t sizes_count);

/** Two dimensions exchanged. */
ACCEL_API accel_tensor *accel_transpose(accel_tensor *x, int64_t dim0, int64_t dim1);

/** The dimensions in another order. */
ACCEL_API accel_tensor *accel_permute(accel_tensor *x, const int64_t *dims, size_t dims_count);

/** A dimension of size 1 put in at dim. */
ACCEL_API accel_tensor *accel_unsqueeze(accel_tensor *x, int64_t dim);

/** Dimension dim taken out if its size is 1. */
ACCEL_API accel_tensor *accel_squeeze(accel_tensor *x, int64_t dim);

/** The dimensions from start_dim to end_dim made one. */
ACCEL_API accel_tensor *accel_flatten(accel_tensor *x, int64_t start_dim, int64_t end_dim);

/** Dimensions of size 1 repeated without a copy; -1 keeps a size. */
ACCEL_API accel_tensor *accel_expand(accel_tensor *x, const int64_t *sizes, size_t sizes_count);

/** x itself if its rows follow each other in memory, else such a copy. */
ACCEL_API accel_tensor *accel_contiguous(accel_tensor *x);

/** One slice along dim, which disappears. */
ACCEL_API accel_tensor *accel_select(accel_tensor *x, int64_t dim, int64_t index);

/** length slices along dim from start on. */
ACCEL_API accel_tensor *accel_narrow(accel_tensor *x, int64_t dim, int64_t start, int64_t length);

/** Tensors joined along a dimension they have. */
ACCEL_API accel_tensor *accel_cat(accel_tensor *const *list, size_t list_count, int64_t dim);

/** Tensors of one shape joined along a new dimension. */
ACCEL_API accel_tensor *accel_stack(accel_tensor *const *list, size_t list_count, int64_t dim);

/** The slices along dim that index (int64, 1-D) names. */
ACCEL_API accel_tensor *accel_index_select(accel_tensor *x, int64_t dim, accel_tensor *index);

/** Along dim, the elements that index (int64) names. */
ACCEL_API accel_tensor *accel_gather(accel_tensor *x, int64_t dim, accel_tensor *index);

/** A copy with storage of its own; autograd sees through it. */
ACCEL_API accel_tensor *accel_clone(accel_tensor *x);

/** x converted; x itself if it has that dtype already. */
ACCEL_API accel_tensor *accel_to_dtype(accel_tensor *x, accel_dtype dtype);

/* ---- The stateless forms of layers ---- */

/** Rows of weight. weight: (V, E), indices: (*), result: (*, E). padding_idx gets no gradient; -1 for none.
    */
ACCEL_API accel_tensor *accel_functional_embedding(accel_tensor *weight, accel_tensor *indices, int64_t
    padding_idx);

/** x normalised over its last dimensions, scaled and shifted. */
ACCEL_API accel_tensor *accel_functional_layer_norm(accel_tensor *x, const int64_t *normalized_shape, size_t
    normalized_shape_count, accel_tensor *weight, accel_tensor *bias, double eps);

/** Zeros with probability p and the rest scaled by 1/(1-p) when training, x otherwise. Draws from the
    default generator. */
ACCEL_API accel_tensor *accel_functional_dropout(accel_tensor *x, double p, bool training);

/* ---- In place: the result is another handle to x ---- */

/** x += other. */
ACCEL_API accel_tensor *accel_add_in_place(accel_tensor *x, accel_tensor *other);

/** x *= value. */
ACCEL_API accel_tensor *accel_mul_scalar_in_place(accel_tensor *x, double value);

/** Every element becomes value. */
ACCEL_API accel_tensor *accel_fill_in_place(accel_tensor *x, double value);

ACCEL_END_DECLS

#endif
