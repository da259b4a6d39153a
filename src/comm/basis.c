#include "comm/basis.h"

#include <accel/op.h>
#include <accel/ops.h>
#include <accel/scope.h>

/* Of columns: (batch, 1, columns). */
static accel_tensor *lengths_of(accel_tensor *matrices)
{
    return accel_op("aten::linalg_vector_norm", matrices, 2, ACCEL_INTS(1), ACCEL_BOOL(true));
}

accel_tensor *basis_missing(accel_tensor *matrices)
{
    return accel_op("aten::eq.Scalar", lengths_of(matrices), 0);
}

/* The part of a column's length that rounding may leave of it. */
static double rounding_of(accel_dtype dtype)
{
    return dtype == ACCEL_FLOAT64 ? 1e-14 : dtype == ACCEL_FLOAT32 ? 5e-6 : 5e-2;
}

static void normalize(accel_tensor *column, accel_tensor *length_before, double epsilon)
{
    accel_tensor *length = lengths_of(column);
    accel_tensor *limit = accel_mul_scalar(length_before, rounding_of(accel_tensor_dtype(column)));
    accel_tensor *nothing = accel_op("aten::le.Tensor", length, limit);
    length = epsilon > 0 ? accel_add_scalar(length, epsilon) : length;
    accel_op("aten::div_.Tensor", column, length);
    accel_op("aten::masked_fill_.Scalar", column, nothing, 0);
}

/* Gram-Schmidt. */
static void separate(accel_tensor *matrices, int64_t columns, double epsilon)
{
    accel_tensor *lengths = lengths_of(matrices);
    for (int64_t i = 0; i < columns; i++)
        accel_scoped() {
            accel_tensor *column = accel_narrow(matrices, 2, i, 1);
            normalize(column, accel_narrow(lengths, 2, i, 1), epsilon);
            accel_tensor *rest = accel_narrow(matrices, 2, i + 1, columns - i - 1);
            accel_tensor *part =
                accel_op("aten::sum.dim_IntList", accel_mul(column, rest), ACCEL_INTS(1), ACCEL_BOOL(true));
            accel_op("aten::sub_.Tensor", rest, accel_mul(part, column));
        }
}

static void factorize(accel_tensor *matrices)
{
    accel_tensor *factors[2];
    accel_op_into(factors, 2, "aten::linalg_qr", matrices, "reduced");
    accel_tensor_assign(matrices, factors[0]);
}

accel_status basis_orthogonalize(accel_tensor *matrices, double epsilon)
{
    int64_t columns = accel_tensor_size(matrices, 2);
    accel_dtype dtype = accel_tensor_dtype(matrices);
    accel_scoped() {
        if (columns <= 2 || dtype == ACCEL_FLOAT16 || dtype == ACCEL_BFLOAT16)
            separate(matrices, columns, epsilon);
        else
            factorize(matrices);
    }
    return accel_error_status();
}
