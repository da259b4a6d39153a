#include <accel/autograd.h>

#include "base/error.h"
#include "tensor/tensor.h"

bool accel_requires_grad(accel_tensor *tensor)
{
    return tensor_check(tensor, __func__, "tensor") && engine_tensor_requires_grad(tensor);
}

accel_status accel_set_requires_grad(accel_tensor *tensor, bool requires_grad)
{
    RETURN_STATUS_IF_FAILED();
    if (!tensor_check(tensor, __func__, "tensor"))
        return accel_error_status();
    return engine_tensor_set_requires_grad(tensor, requires_grad);
}

accel_status accel_backward(accel_tensor *tensor) { return accel_backward_from(tensor, NULL, false); }

accel_status accel_backward_from(accel_tensor *tensor, accel_tensor *gradient, bool retain_graph)
{
    RETURN_STATUS_IF_FAILED();
    if (!tensor_check(tensor, "accel_backward", "tensor"))
        return accel_error_status();
    if (gradient && !tensor_check(gradient, "accel_backward", "gradient"))
        return accel_error_status();
    return engine_backward(tensor, gradient, retain_graph);
}

accel_tensor *accel_grad(accel_tensor *tensor)
{
    RETURN_NULL_IF_FAILED();
    return tensor_check(tensor, __func__, "tensor") ? tensor_create(engine_tensor_grad(tensor)) : NULL;
}

accel_status accel_set_grad(accel_tensor *tensor, accel_tensor *gradient)
{
    RETURN_STATUS_IF_FAILED();
    if (!tensor_check(tensor, __func__, "tensor") || (gradient && !tensor_check(gradient, __func__, "gradient")))
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

void accel_no_grad_end(accel_no_grad_block *block) { engine_set_grad_mode(block->enabled_before); }
