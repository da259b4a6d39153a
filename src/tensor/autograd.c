#include <accel/autograd.h>

#include "base/error.h"
#include "tensor/phase.h"
#include "tensor/device.h"
#include "tensor/tensor.h"

bool accel_requires_grad(accel_tensor *tensor)
{
    return tensor_check(tensor, __func__, "tensor") && engine_tensor_requires_grad(tensor);
}

accel_status accel_set_requires_grad(accel_tensor *tensor, bool requires_grad)
{
    RETURN_STATUS_IF_FAILED();
    engine_view view;
    if (tensor_view(tensor, __func__, &view) != ACCEL_OK)
        return accel_error_status();
    if (requires_grad && !accel_dtype_is_floating(view.dtype))
        return RAISE(ACCEL_EINVAL, "tensor has dtype %s, gradients need a floating one",
                     accel_dtype_name(view.dtype));
    if (!engine_tensor_is_leaf(tensor))
        return RAISE(ACCEL_EINVAL, "tensor is computed from others, expected a leaf; accel_detach gives one");
    return engine_tensor_set_requires_grad(tensor, requires_grad);
}

accel_status tensor_backward(const char *call, accel_tensor *tensor, accel_tensor *gradient, bool retain_graph)
{
    RETURN_STATUS_IF_FAILED();
    if (!tensor_check(tensor, call, "tensor") || (gradient && !tensor_check(gradient, call, "gradient")))
        return accel_error_status();
    phase *backward = phase_begin("backward");
    accel_status status = engine_backward(call, tensor, gradient, retain_graph);
    phase_end(backward);
    return status;
}

accel_status accel_backward(accel_tensor *tensor) { return tensor_backward(__func__, tensor, NULL, false); }

accel_status accel_backward_from(accel_tensor *tensor, accel_tensor *gradient, bool retain_graph)
{
    return tensor_backward(__func__, tensor, gradient, retain_graph);
}

accel_tensor *accel_grad(accel_tensor *tensor)
{
    RETURN_NULL_IF_FAILED();
    return tensor_check(tensor, __func__, "tensor") ? tensor_create(engine_tensor_grad(tensor)) : NULL;
}

/* The engine takes any tensor for a gradient, and stumbles over it later. */
static accel_status check_gradient(accel_tensor *tensor, accel_tensor *gradient)
{
    static const char call[] = "accel_set_grad";
    engine_view own, given;
    if (!tensor_check(gradient, call, "gradient") || tensor_view(gradient, call, &given) != ACCEL_OK ||
        tensor_view(tensor, call, &own) != ACCEL_OK)
        return accel_error_status();
    char expected[TENSOR_SHAPE_TEXT], got[TENSOR_SHAPE_TEXT], there[DEVICE_NAME], here[DEVICE_NAME];
    if (gradient == tensor)
        return accel_error_raise(ACCEL_EINVAL, call, "gradient is the tensor itself");
    if (given.dtype != own.dtype)
        return accel_error_raise(ACCEL_EINVAL, call, "gradient has dtype %s, the tensor has %s",
                                 accel_dtype_name(given.dtype), accel_dtype_name(own.dtype));
    if (!tensor_same_shape(&given, &own))
        return accel_error_raise(ACCEL_EINVAL, call, "gradient has shape %s, the tensor has %s",
                                 tensor_shape_text(given.sizes, given.rank, got),
                                 tensor_shape_text(own.sizes, own.rank, expected));
    if (!accel_device_is(given.device, own.device))
        return accel_error_raise(ACCEL_EINVAL, call, "gradient is on %s, the tensor on %s",
                                 device_name_into(given.device, there), device_name_into(own.device, here));
    return ACCEL_OK;
}

accel_status accel_set_grad(accel_tensor *tensor, accel_tensor *gradient)
{
    RETURN_STATUS_IF_FAILED();
    if (!tensor_check(tensor, __func__, "tensor") || (gradient && check_gradient(tensor, gradient) != ACCEL_OK))
        return accel_error_status();
    return engine_tensor_set_grad(tensor, gradient);
}

accel_tensor *accel_detach(accel_tensor *tensor)
{
    RETURN_NULL_IF_FAILED();
    return tensor_check(tensor, __func__, "tensor") ? tensor_create(engine_tensor_detach(tensor)) : NULL;
}

accel_no_grad_block accel_no_grad_begin(void)
{
    accel_no_grad_block block = {.open = true, .enabled_before = engine_grad_mode()};
    engine_set_grad_mode(false);
    return block;
}

void accel_no_grad_end(accel_no_grad_block *block)
{
    if (block)
        engine_set_grad_mode(block->enabled_before);
}
