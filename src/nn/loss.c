#include <accel/loss.h>
#include <accel/options.h>

#include "base/error.h"
#include "tensor/op.h"
#include "tensor/tensor.h"

static bool reduction_is_known(accel_reduction reduction, const char *call)
{
    if (reduction == ACCEL_REDUCTION_NONE || reduction == ACCEL_REDUCTION_MEAN ||
        reduction == ACCEL_REDUCTION_SUM)
        return true;
    accel_error_raise(ACCEL_EINVAL, call, "reduction %d is unknown", (int)reduction);
    return false;
}

accel_cross_entropy_options accel_cross_entropy_options_default(void)
{
    return (accel_cross_entropy_options){ACCEL_CROSS_ENTROPY_DEFAULTS()};
}

accel_tensor *accel_cross_entropy_with(accel_tensor *logits, accel_tensor *target,
                                       const accel_cross_entropy_options *options)
{
    static op_site site = {"accel_cross_entropy", "aten::cross_entropy_loss", NULL};
    RETURN_NULL_IF_FAILED();
    accel_cross_entropy_options o = accel_cross_entropy_options_default();
    if (accel_options_read(site.call, &o, sizeof o, options) != ACCEL_OK ||
        !reduction_is_known(o.reduction, site.call))
        return NULL;
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = logits},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = target},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = o.weight},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = o.reduction},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = o.ignore_index},
        {.kind = ACCEL_VALUE_REAL, .as.real = o.label_smoothing},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}

accel_mse_loss_options accel_mse_loss_options_default(void)
{
    return (accel_mse_loss_options){ACCEL_MSE_LOSS_DEFAULTS()};
}

static bool shapes_are_equal(accel_tensor *input, accel_tensor *target, const char *call)
{
    engine_view a, b;
    if (tensor_view(input, call, &a) != ACCEL_OK || tensor_view(target, call, &b) != ACCEL_OK)
        return false;
    const bool same = tensor_same_shape(&a, &b);
    char a_shape[TENSOR_SHAPE_TEXT], b_shape[TENSOR_SHAPE_TEXT];
    if (!same)
        accel_error_raise(ACCEL_EINVAL, call, "input has shape %s, target has %s",
                          tensor_shape_text(a.sizes, a.rank, a_shape),
                          tensor_shape_text(b.sizes, b.rank, b_shape));
    return same;
}

accel_tensor *accel_mse_loss_with(accel_tensor *input, accel_tensor *target,
                                  const accel_mse_loss_options *options)
{
    static op_site site = {"accel_mse_loss", "aten::mse_loss", NULL};
    RETURN_NULL_IF_FAILED();
    accel_mse_loss_options o = accel_mse_loss_options_default();
    if (accel_options_read(site.call, &o, sizeof o, options) != ACCEL_OK ||
        !reduction_is_known(o.reduction, site.call) || !shapes_are_equal(input, target, site.call))
        return NULL;
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = input},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = target},
        {.kind = ACCEL_VALUE_INTEGER, .as.integer = o.reduction},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}
