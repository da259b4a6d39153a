#include <torch/csrc/autograd/autograd.h>

#include <ATen/core/grad_mode.h>

#include "engine/cell.hpp"
#include "engine/guard.hpp"

extern "C" bool engine_grad_mode(void)
{
    return guard(__func__, false, [&] { return at::GradMode::is_enabled(); });
}

extern "C" void engine_set_grad_mode(bool enabled)
{
    guard_status(__func__, [&] { at::GradMode::set_enabled(enabled); });
}

extern "C" bool engine_tensor_requires_grad(accel_tensor *tensor)
{
    return guard(__func__, false, [&] { return tensor_of(tensor).requires_grad(); });
}

extern "C" bool engine_tensor_is_leaf(accel_tensor *tensor)
{
    return guard(__func__, false, [&] { return tensor_of(tensor).is_leaf(); });
}

extern "C" accel_status engine_tensor_set_requires_grad(accel_tensor *tensor, bool requires_grad)
{
    return guard_status("accel_set_requires_grad", [&] { tensor_of(tensor).set_requires_grad(requires_grad); });
}

extern "C" engine_payload engine_tensor_grad(accel_tensor *tensor)
{
    return guard<engine_payload>("accel_grad", nullptr, [&]() -> engine_payload {
        const at::Tensor &gradient = tensor_of(tensor).grad();
        return gradient.defined() ? payload_of(gradient) : nullptr;
    });
}

extern "C" accel_status engine_tensor_set_grad(accel_tensor *tensor, accel_tensor *gradient)
{
    return guard_status("accel_set_grad", [&] {
        tensor_of(tensor).mutable_grad() = gradient ? tensor_of(gradient) : at::Tensor();
    });
}

static bool is_of_freed_graph(const c10::Error &e)
{
    return std::strstr(e.what_without_backtrace(), "through the graph a second time") != nullptr;
}

static void backward(const at::Tensor &tensor, const torch::autograd::variable_list &gradients,
                     bool retain_graph)
{
    try {
        torch::autograd::backward({tensor}, gradients, retain_graph);
    } catch (const c10::Error &e) {
        if (is_of_freed_graph(e))
            throw engine_failure(ACCEL_EINVAL,
                                 "what was saved for this backward pass is gone: another one went "
                                 "through the same operations, without retain_graph");
        throw;
    }
}

extern "C" accel_status engine_backward(const char *call, accel_tensor *tensor, accel_tensor *gradient,
                                        bool retain_graph)
{
    return guard_status(call, [&] {
        torch::autograd::variable_list gradients;
        if (gradient)
            gradients.push_back(tensor_of(gradient));
        backward(tensor_of(tensor), gradients, retain_graph);
    });
}
