#include "optim/clip.h"

#include <math.h>

#include <accel/autograd.h>
#include <accel/op.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/op.h"

/* The norm of norms is the norm of all. */
static accel_tensor *norm_of(accel_tensor *const *gradients, size_t count, double norm_type)
{
    accel_tensor **norms = memory_alloc(count, sizeof *norms);
    if (!norms)
        return NULL;
    accel_op_into(norms, count, "aten::_foreach_norm.Scalar", op_tensors(gradients, count), norm_type);
    accel_tensor *all = accel_op("aten::stack", op_tensors(norms, count));
    memory_free(norms);
    return accel_op("aten::linalg_vector_norm", all, norm_type);
}

/* As the reference's division, which is a product; by 1 only where that changes something. */
static void scale(accel_tensor *const *gradients, size_t count, accel_tensor *norm, double max_norm)
{
    accel_tensor *wanted =
        accel_mul_scalar(accel_op("aten::reciprocal", accel_add_scalar(norm, 1e-6)), max_norm);
    accel_tensor *factor = accel_op("aten::clamp", wanted, ACCEL_NONE, 1.0);
    if (factor && accel_item(factor) != 1)
        accel_op_into(NULL, 0, "aten::_foreach_mul_.Tensor", op_tensors(gradients, count), factor);
}

double clip_norm(accel_tensor *const *gradients, size_t count, double max_norm, double norm_type)
{
    double total = NAN;
    if (accel_error_is_set())
        return NAN;
    if (count == 0)
        return 0;
    accel_no_grad()
        accel_scoped() {
            accel_tensor *norm = norm_of(gradients, count, norm_type);
            if (norm)
                scale(gradients, count, norm, max_norm);
            total = accel_error_is_set() ? NAN : accel_item(norm);
        }
    return total;
}

accel_status clip_value(accel_tensor *const *gradients, size_t count, double limit)
{
    RETURN_STATUS_IF_FAILED();
    /* The engine's operations on lists have the two bounds apart, and on the CPU are this loop, twice. */
    accel_no_grad()
        accel_scoped() {
            for (size_t i = 0; i < count; i++)
                accel_op("aten::clamp_", gradients[i], -limit, limit);
        }
    return accel_error_status();
}
