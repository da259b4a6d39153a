/* Written by scripts/generate_ops from src/tensor/ops.table. */
#include <accel/ops.h>

#include "tensor/op.h"

accel_tensor *accel_add(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_add", "aten::add.Tensor", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_sub(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_sub", "aten::sub.Tensor", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_mul(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_mul", "aten::mul.Tensor", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_div(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_div", "aten::div.Tensor", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_add_scalar(accel_tensor *x, double value)
{
    static op_site site = {"accel_add_scalar", "aten::add.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_sub_scalar(accel_tensor *x, double value)
{
    static op_site site = {"accel_sub_scalar", "aten::sub.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_mul_scalar(accel_tensor *x, double value)
{
    static op_site site = {"accel_mul_scalar", "aten::mul.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_div_scalar(accel_tensor *x, double value)
{
    static op_site site = {"accel_div_scalar", "aten::div.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_pow_scalar(accel_tensor *x, double exponent)
{
    static op_site site = {"accel_pow_scalar", "aten::pow.Tensor_Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(exponent),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_neg(accel_tensor *x)
{
    static op_site site = {"accel_neg", "aten::neg", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_abs(accel_tensor *x)
{
    static op_site site = {"accel_abs", "aten::abs", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_square(accel_tensor *x)
{
    static op_site site = {"accel_square", "aten::square", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_sqrt(accel_tensor *x)
{
    static op_site site = {"accel_sqrt", "aten::sqrt", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_rsqrt(accel_tensor *x)
{
    static op_site site = {"accel_rsqrt", "aten::rsqrt", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_exp(accel_tensor *x)
{
    static op_site site = {"accel_exp", "aten::exp", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_log(accel_tensor *x)
{
    static op_site site = {"accel_log", "aten::log", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_sin(accel_tensor *x)
{
    static op_site site = {"accel_sin", "aten::sin", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_cos(accel_tensor *x)
{
    static op_site site = {"accel_cos", "aten::cos", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_clamp(accel_tensor *x, double min, double max)
{
    static op_site site = {"accel_clamp", "aten::clamp", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(min),
        op_number(max),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_maximum(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_maximum", "aten::maximum", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_minimum(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_minimum", "aten::minimum", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_relu(accel_tensor *x)
{
    static op_site site = {"accel_relu", "aten::relu", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_gelu(accel_tensor *x)
{
    static op_site site = {"accel_gelu", "aten::gelu", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_silu(accel_tensor *x)
{
    static op_site site = {"accel_silu", "aten::silu", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_sigmoid(accel_tensor *x)
{
    static op_site site = {"accel_sigmoid", "aten::sigmoid", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_tanh(accel_tensor *x)
{
    static op_site site = {"accel_tanh", "aten::tanh", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_softmax(accel_tensor *x, int64_t dim)
{
    static op_site site = {"accel_softmax", "aten::softmax.int", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_log_softmax(accel_tensor *x, int64_t dim)
{
    static op_site site = {"accel_log_softmax", "aten::log_softmax.int", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_eq(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_eq", "aten::eq.Tensor", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_ne(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_ne", "aten::ne.Tensor", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_lt(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_lt", "aten::lt.Tensor", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_gt(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_gt", "aten::gt.Tensor", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_eq_scalar(accel_tensor *x, double value)
{
    static op_site site = {"accel_eq_scalar", "aten::eq.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_ne_scalar(accel_tensor *x, double value)
{
    static op_site site = {"accel_ne_scalar", "aten::ne.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_lt_scalar(accel_tensor *x, double value)
{
    static op_site site = {"accel_lt_scalar", "aten::lt.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_gt_scalar(accel_tensor *x, double value)
{
    static op_site site = {"accel_gt_scalar", "aten::gt.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_logical_not(accel_tensor *x)
{
    static op_site site = {"accel_logical_not", "aten::logical_not", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_logical_and(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_logical_and", "aten::logical_and", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_isfinite(accel_tensor *x)
{
    static op_site site = {"accel_isfinite", "aten::isfinite", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_all(accel_tensor *x)
{
    static op_site site = {"accel_all", "aten::all", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_any(accel_tensor *x)
{
    static op_site site = {"accel_any", "aten::any", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_where(accel_tensor *condition, accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_where", "aten::where.self", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = condition},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_masked_fill(accel_tensor *x, accel_tensor *mask, double value)
{
    static op_site site = {"accel_masked_fill", "aten::masked_fill.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = mask},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_sum(accel_tensor *x)
{
    static op_site site = {"accel_sum", "aten::sum", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_mean(accel_tensor *x)
{
    static op_site site = {"accel_mean", "aten::mean", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_max(accel_tensor *x)
{
    static op_site site = {"accel_max", "aten::max", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_min(accel_tensor *x)
{
    static op_site site = {"accel_min", "aten::min", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_sum_dims(accel_tensor *x, const int64_t *dims, size_t dims_count, bool keepdim)
{
    static op_site site = {"accel_sum_dims", "aten::sum.dim_IntList", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGERS, .count = dims_count, .as.integers = dims},
        {.kind = ACCEL_VALUE_BOOLEAN, .as.boolean = keepdim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_mean_dims(accel_tensor *x, const int64_t *dims, size_t dims_count, bool keepdim)
{
    static op_site site = {"accel_mean_dims", "aten::mean.dim", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGERS, .count = dims_count, .as.integers = dims},
        {.kind = ACCEL_VALUE_BOOLEAN, .as.boolean = keepdim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_argmax(accel_tensor *x, int64_t dim, bool keepdim)
{
    static op_site site = {"accel_argmax", "aten::argmax", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
        {.kind = ACCEL_VALUE_BOOLEAN, .as.boolean = keepdim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_vector_norm(accel_tensor *x, double order)
{
    static op_site site = {"accel_vector_norm", "aten::linalg_vector_norm", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_REAL, .as.real = order},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_matmul(accel_tensor *a, accel_tensor *b)
{
    static op_site site = {"accel_matmul", "aten::matmul", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = a},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = b},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_functional_linear(accel_tensor *x, accel_tensor *weight, accel_tensor *bias)
{
    static op_site site = {"accel_functional_linear", "aten::linear", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = weight},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = bias},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_reshape(accel_tensor *x, const int64_t *sizes, size_t sizes_count)
{
    static op_site site = {"accel_reshape", "aten::reshape", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGERS, .count = sizes_count, .as.integers = sizes},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_view(accel_tensor *x, const int64_t *sizes, size_t sizes_count)
{
    static op_site site = {"accel_view", "aten::view", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGERS, .count = sizes_count, .as.integers = sizes},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_transpose(accel_tensor *x, int64_t dim0, int64_t dim1)
{
    static op_site site = {"accel_transpose", "aten::transpose.int", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim0},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim1},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_permute(accel_tensor *x, const int64_t *dims, size_t dims_count)
{
    static op_site site = {"accel_permute", "aten::permute", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGERS, .count = dims_count, .as.integers = dims},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_unsqueeze(accel_tensor *x, int64_t dim)
{
    static op_site site = {"accel_unsqueeze", "aten::unsqueeze", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_squeeze(accel_tensor *x, int64_t dim)
{
    static op_site site = {"accel_squeeze", "aten::squeeze.dim", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_flatten(accel_tensor *x, int64_t start_dim, int64_t end_dim)
{
    static op_site site = {"accel_flatten", "aten::flatten.using_ints", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = start_dim},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = end_dim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_expand(accel_tensor *x, const int64_t *sizes, size_t sizes_count)
{
    static op_site site = {"accel_expand", "aten::expand", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGERS, .count = sizes_count, .as.integers = sizes},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_contiguous(accel_tensor *x)
{
    static op_site site = {"accel_contiguous", "aten::contiguous", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_select(accel_tensor *x, int64_t dim, int64_t index)
{
    static op_site site = {"accel_select", "aten::select.int", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = index},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_narrow(accel_tensor *x, int64_t dim, int64_t start, int64_t length)
{
    static op_site site = {"accel_narrow", "aten::narrow", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = start},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = length},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_cat(accel_tensor *const *list, size_t list_count, int64_t dim)
{
    static op_site site = {"accel_cat", "aten::cat", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSORS, .count = list_count, .as.tensors = list},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_stack(accel_tensor *const *list, size_t list_count, int64_t dim)
{
    static op_site site = {"accel_stack", "aten::stack", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSORS, .count = list_count, .as.tensors = list},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_index_select(accel_tensor *x, int64_t dim, accel_tensor *index)
{
    static op_site site = {"accel_index_select", "aten::index_select", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = index},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_gather(accel_tensor *x, int64_t dim, accel_tensor *index)
{
    static op_site site = {"accel_gather", "aten::gather", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = dim},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = index},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_clone(accel_tensor *x)
{
    static op_site site = {"accel_clone", "aten::clone", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_to_dtype(accel_tensor *x, accel_dtype dtype)
{
    static op_site site = {"accel_to_dtype", "aten::to.dtype", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = (int64_t)dtype},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_functional_embedding(accel_tensor *weight, accel_tensor *indices, int64_t padding_idx)
{
    static op_site site = {"accel_functional_embedding", "aten::embedding", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = weight},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = indices},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = padding_idx},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_functional_layer_norm(accel_tensor *x, const int64_t *normalized_shape, size_t
    normalized_shape_count, accel_tensor *weight, accel_tensor *bias, double eps)
{
    static op_site site = {"accel_functional_layer_norm", "aten::layer_norm", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_INTEGERS, .count = normalized_shape_count, .as.integers = normalized_shape},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = weight},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = bias},
        {.kind = ACCEL_VALUE_REAL, .as.real = eps},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_functional_dropout(accel_tensor *x, double p, bool training)
{
    static op_site site = {"accel_functional_dropout", "aten::dropout", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_REAL, .as.real = p},
        {.kind = ACCEL_VALUE_BOOLEAN, .as.boolean = training},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_add_in_place(accel_tensor *x, accel_tensor *other)
{
    static op_site site = {"accel_add_in_place", "aten::add_.Tensor", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = other},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_mul_scalar_in_place(accel_tensor *x, double value)
{
    static op_site site = {"accel_mul_scalar_in_place", "aten::mul_.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_fill_in_place(accel_tensor *x, double value)
{
    static op_site site = {"accel_fill_in_place", "aten::fill_.Scalar", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = x},
        op_number(value),
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}
