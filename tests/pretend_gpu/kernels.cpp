// The operations of the pretended devices: the CPU's kernels on shared memory, and the few that differ.
#include <string_view>
#include <unordered_set>

#include <ATen/EmptyTensor.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/_log_softmax.h>
#include <ATen/ops/_log_softmax_backward_data.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/DeviceGuard.h>
#include <torch/library.h>

#include "pretend_gpu/device.hpp"
#include "pretend_gpu/memory.hpp"
#include "pretend_gpu/share.hpp"

namespace pretend
{

using torch::jit::Stack;

// ---- on which device ----

// Calls `see` with each tensor of the value.
template <class See> static void for_each_tensor(const c10::IValue &value, See &&see)
{
    if (value.isTensor() && value.toTensor().defined()) {
        see(value.toTensor());
    } else if (value.isTensorList()) {
        for (const at::Tensor &item : value.toTensorVector())
            see(item);
    } else if (value.isOptionalTensorList()) {
        for (const auto &item : value.toOptionalTensorVector())
            if (item && item->defined())
                see(*item);
    }
}

static c10::Device device_of_call(c10::ArrayRef<c10::IValue> arguments)
{
    std::optional<c10::Device> device;
    for (const auto &argument : arguments) {
        for_each_tensor(argument, [&](const at::Tensor &tensor) {
            if (!device && tensor.is_cuda())
                device = tensor.device();
        });
        if (!device && argument.isDevice() && argument.toDevice().is_cuda())
            device = argument.toDevice();
    }
    if (!device || !device->has_index())
        return {c10::kCUDA, current_device()};
    return *device;
}

static bool begins(std::string_view name, std::string_view with) { return name.substr(0, with.size()) == with; }

// Whether a GPU's kernel, too, takes this tensor from another device.
static bool may_be_elsewhere(std::string_view operation, const c10::Argument &argument,
                             const at::Tensor &tensor)
{
    if (operation == "aten::copy_")
        return true;
    const bool is_index = argument.name() == "indices";
    if (is_index && (begins(operation, "aten::index") || operation == "aten::_index_put_impl_"))
        return tensor.is_cpu();
    if (!tensor.is_cpu() || tensor.dim() > 0 || (argument.alias_info() && argument.alias_info()->isWrite()))
        return false;
    if (begins(operation, "aten::_fused_"))
        return argument.name() == "lr";
    return !begins(operation, "aten::_amp_");
}

static void check_devices(const c10::FunctionSchema &schema, c10::ArrayRef<c10::IValue> arguments,
                          c10::Device device)
{
    for (size_t i = 0; i < arguments.size(); i++)
        for_each_tensor(arguments[i], [&](const at::Tensor &tensor) {
            const auto &argument = schema.arguments()[i];
            TORCH_CHECK(tensor.device() == device || may_be_elsewhere(schema.name(), argument, tensor),
                        "Expected all tensors to be on the same device, but found at least two devices, ",
                        device, " and ", tensor.device(), "! (when checking argument ", argument.name(), " of ",
                        schema.name(), ")");
        });
}

// ---- the CPU's kernel ----

static c10::IValue argument_on_host(Share &share, const c10::Argument &argument, const c10::IValue &value,
                                    c10::Device device)
{
    if (value.isNone() && argument.name() == "generator")
        return host_generator(default_generator(device.index()));
    return share.to_host(value);
}

static void call_on_host(const c10::OperatorHandle &operation, Stack *stack)
{
    const auto &schema = operation.schema();
    const size_t count = schema.arguments().size(), first = stack->size() - count;
    const c10::ArrayRef<c10::IValue> arguments(stack->data() + first, count);
    const c10::Device device = device_of_call(arguments);
    check_devices(schema, arguments, device);

    const c10::DeviceGuard on_device(device);
    const at::AutoDispatchBelowADInplaceOrView no_autograd;
    Share share(device);
    Stack host;
    for (size_t i = 0; i < count; i++)
        host.push_back(argument_on_host(share, schema.arguments()[i], arguments[i], device));
    operation.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &host);
    share.settle();

    stack->resize(first);
    for (const auto &result : host)
        stack->push_back(share.to_device(result));
}

// ---- what makes tensors of nothing ----

static const c10::DispatchKeySet cuda_keys(c10::DispatchKey::CUDA);

static c10::Device device_or_current(std::optional<c10::Device> device)
{
    return device && device->has_index() ? *device : c10::Device(c10::kCUDA, current_device());
}

static at::Tensor empty(c10::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                        std::optional<c10::Device> device, std::optional<bool> pin_memory,
                        std::optional<at::MemoryFormat> format)
{
    TORCH_CHECK(!pin_memory.value_or(false), "Only dense CPU tensors can be pinned");
    const c10::DeviceGuard on_device(device_or_current(device));
    return at::detail::empty_generic(size, device_allocator(), cuda_keys, c10::dtype_or_default(dtype), format);
}

static at::Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride,
                                std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                                std::optional<c10::Device> device, std::optional<bool> pin_memory)
{
    TORCH_CHECK(!pin_memory.value_or(false), "Only dense CPU tensors can be pinned");
    const c10::DeviceGuard on_device(device_or_current(device));
    return at::detail::empty_strided_generic(size, stride, device_allocator(), cuda_keys,
                                             c10::dtype_or_default(dtype));
}

static void record_stream(at::Tensor &, c10::Stream) {}

// ---- what GPUs do in another way than CPUs ----

// The share that is kept, and what each kept number is multiplied by: as the CPU's dropout rounds them.
static std::tuple<at::Tensor, at::Tensor> native_dropout(const at::Tensor &input, double p,
                                                         std::optional<bool> train)
{
    if (!train.value_or(true))
        return {input.clone(), at::empty_like(input, input.options().dtype(at::kBool)).fill_(true)};
    const at::Tensor noise = at::empty_like(input).bernoulli_(1 - p);
    const at::Tensor mask = noise.to(at::kBool);
    return {p == 1 ? at::empty_like(input).zero_() : input.mul(noise.div_(1 - p)), mask};
}

static at::Tensor native_dropout_backward(const at::Tensor &gradient, const at::Tensor &mask, double scale)
{
    return scale == 0 ? gradient.mul(mask) : gradient.mul(mask.to(gradient.scalar_type()).div_(1 / scale));
}

// A GPU reads halves and writes floats in one step, and backward the other way round; a CPU takes two.
template <class Function>
static at::Tensor softmax(Function *function, const at::Tensor &input, int64_t dim, bool half_to_float)
{
    const c10::DeviceGuard on_device(input.device());
    const at::AutoDispatchBelowADInplaceOrView no_autograd;
    Share share(input.device());
    const at::Tensor host = share.to_host(input);
    return share.to_device(function(half_to_float ? host.to(at::kFloat) : host, dim, false));
}

template <class Function>
static at::Tensor softmax_backward(Function *function, const at::Tensor &gradient, const at::Tensor &output,
                                   int64_t dim, at::ScalarType input)
{
    const c10::DeviceGuard on_device(gradient.device());
    const at::AutoDispatchBelowADInplaceOrView no_autograd;
    Share share(gradient.device());
    const at::Tensor host = share.to_host(gradient);
    return share.to_device(function(host, share.to_host(output), dim, host.scalar_type()).to(input));
}

// ---- which operation has which kernel ----

static const std::unordered_set<std::string> own_kernels = {
    "empty.memory_format", "empty_strided",           "record_stream",
    "native_dropout",      "native_dropout_backward", "_softmax",
    "_log_softmax",        "_softmax_backward_data",  "_log_softmax_backward_data"};

static void register_own(torch::Library &library)
{
    library.impl("empty.memory_format", &empty);
    library.impl("empty_strided", &empty_strided);
    library.impl("record_stream", &record_stream);
    library.impl("native_dropout", &native_dropout);
    library.impl("native_dropout_backward", &native_dropout_backward);
    library.impl("_softmax", [](const at::Tensor &input, int64_t dim, bool half_to_float) {
        return softmax(&at::_softmax, input, dim, half_to_float);
    });
    library.impl("_log_softmax", [](const at::Tensor &input, int64_t dim, bool half_to_float) {
        return softmax(&at::_log_softmax, input, dim, half_to_float);
    });
    library.impl("_softmax_backward_data",
                 [](const at::Tensor &gradient, const at::Tensor &output, int64_t dim, at::ScalarType input) {
                     return softmax_backward(&at::_softmax_backward_data, gradient, output, dim, input);
                 });
    library.impl("_log_softmax_backward_data",
                 [](const at::Tensor &gradient, const at::Tensor &output, int64_t dim, at::ScalarType input) {
                     return softmax_backward(&at::_log_softmax_backward_data, gradient, output, dim, input);
                 });
}

// A kernel that the CPU has of its own comes before what libtorch composes for any device: the same numbers. Those that
// look at the device themselves are named.
static void register_cpu_kernels(torch::Library &library)
{
    const auto kernel = [] { return torch::CppFunction::makeFromBoxedFunction<&call_on_host>(); };
    auto &dispatcher = c10::Dispatcher::singleton();
    for (const auto &name : dispatcher.getAllOpNames()) {
        const auto operation = dispatcher.findOp(name);
        const auto full = c10::toString(name);
        if (!begins(full, "aten::") || own_kernels.count(full.substr(6)) || !operation ||
            !operation->hasKernelForDispatchKey(c10::DispatchKey::CPU) ||
            operation->hasKernelForDispatchKey(c10::DispatchKey::CUDA))
            continue;
        library.impl(full.c_str() + 6, kernel());
    }
    for (const char *name : {"copy_", "convolution", "convolution_backward"})
        library.impl(name, kernel());
}

// Kept until the process is gone: threads of the devices run on while it ends.
[[gnu::used]] static torch::Library *const registered = [] {
    auto *library =
        new torch::Library(torch::Library::IMPL, "aten", c10::DispatchKey::CUDA, __FILE__, __LINE__);
    register_own(*library);
    register_cpu_kernels(*library);
    return library;
}();

} // namespace pretend
