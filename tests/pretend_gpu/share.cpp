#include "pretend_gpu/share.hpp"

#include <algorithm>
#include <cstring>

#include <ATen/EmptyTensor.h>
#include <c10/core/CPUAllocator.h>

#include "pretend_gpu/device.hpp"
#include "pretend_gpu/memory.hpp"

namespace pretend
{

static at::Tensor tensor_over(const c10::Storage &storage, c10::DispatchKey key, const at::Tensor &like)
{
    auto tensor =
        at::detail::make_tensor<c10::TensorImpl>(c10::Storage(storage), c10::DispatchKeySet(key), like.dtype());
    auto *impl = tensor.unsafeGetTensorImpl();
    impl->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
    impl->_set_conj(like.is_conj());
    impl->_set_neg(like.is_neg());
    return tensor;
}

static void check_dense(const at::Tensor &tensor)
{
    TORCH_CHECK(tensor.layout() == at::kStrided && tensor.has_storage() && !tensor.is_quantized(),
                "The pretended GPU has dense tensors alone, not those of ", tensor.layout(), " and type ",
                tensor.scalar_type());
}

// ---- to the host ----

c10::Storage Share::to_host(const c10::Storage &storage)
{
    if (!storage || storage.device_type() != c10::kCUDA)
        return storage;
    auto &host = host_of_[storage.unsafeGetStorageImpl()];
    if (host)
        return host;
    at::DataPtr pointer(
        host_address(storage.mutable_data()), new c10::Storage(storage),
        [](void *kept) { delete static_cast<c10::Storage *>(kept); }, c10::kCPU);
    host = c10::Storage(c10::Storage::use_byte_size_t(), storage.nbytes(), std::move(pointer),
                        c10::GetCPUAllocator(), true);
    device_of_[host.unsafeGetStorageImpl()] = storage;
    return host;
}

at::Tensor Share::to_host(const at::Tensor &tensor)
{
    if (!tensor.defined())
        return tensor;
    if (!tensor.is_cuda()) {
        of_host_.push_back(tensor);
        return tensor;
    }
    for (const auto &pair : tensors_)
        if (pair.device.is_same(tensor))
            return pair.host;
    check_dense(tensor);
    tensors_.push_back({tensor, tensor_over(to_host(tensor.storage()), c10::DispatchKey::CPU, tensor)});
    return tensors_.back().host;
}

c10::IValue Share::to_host(const c10::IValue &value)
{
    if (value.isTensor())
        return to_host(value.toTensor());
    if (value.isStorage())
        return to_host(value.toStorage());
    if (value.isDevice() && value.toDevice().is_cuda())
        return c10::Device(c10::kCPU);
    if (value.isGenerator())
        return host_generator(value.toGenerator());
    if (value.isTensorList()) {
        c10::List<at::Tensor> list;
        for (const at::Tensor &item : value.toTensorVector())
            list.push_back(to_host(item));
        return list;
    }
    if (value.isOptionalTensorList()) {
        c10::List<std::optional<at::Tensor>> list;
        for (const auto &item : value.toOptionalTensorVector())
            list.push_back(item ? std::optional(to_host(*item)) : std::nullopt);
        return list;
    }
    return value;
}

// ---- to the device ----

c10::Storage Share::device_storage(const c10::Storage &host)
{
    auto &device = device_of_[host.unsafeGetStorageImpl()];
    if (!device)
        device = adopt(host, device_);
    return device;
}

// A kernel that needed more room has given the storage other memory.
static void follow(c10::Storage device, const c10::Storage &host)
{
    if (host.mutable_data() == host_address(device.mutable_data()) && host.nbytes() == device.nbytes())
        return;
    at::DataPtr pointer = device_allocator()->allocate(host.nbytes());
    if (host.nbytes() > 0)
        std::memcpy(host_address(pointer.get()), host.data(), host.nbytes());
    device.unsafeGetStorageImpl()->set_data_ptr_noswap(std::move(pointer));
    device.set_nbytes(host.nbytes());
}

void Share::settle(const Pair &pair)
{
    auto *impl = pair.device.unsafeGetTensorImpl();
    const auto &host = pair.host;
    if (!device_storage(host.storage()).is_alias_of(pair.device.storage()))
        impl->set_storage_keep_dtype(device_storage(host.storage()));
    if (host.sizes() != pair.device.sizes() || host.strides() != pair.device.strides() ||
        host.storage_offset() != pair.device.storage_offset())
        impl->set_sizes_and_strides(host.sizes(), host.strides(), host.storage_offset());
}

void Share::settle()
{
    for (const auto &[device, host] : host_of_)
        follow(device_of_[host.unsafeGetStorageImpl()], host);
    for (const Pair &pair : tensors_)
        settle(pair);
}

at::Tensor Share::to_device(const at::Tensor &host)
{
    if (!host.defined() || host.is_cuda())
        return host;
    for (const auto &pair : tensors_)
        if (pair.host.is_same(host))
            return pair.device;
    check_dense(host);
    const auto is_given = [&](const at::Tensor &given) { return given.storage().is_alias_of(host.storage()); };
    if (std::any_of(of_host_.begin(), of_host_.end(), is_given))
        return host;
    return tensor_over(device_storage(host.storage()), c10::DispatchKey::CUDA, host);
}

c10::IValue Share::to_device(const c10::IValue &value)
{
    if (value.isTensor())
        return to_device(value.toTensor());
    if (!value.isTensorList())
        return value;
    c10::List<at::Tensor> list;
    for (const at::Tensor &item : value.toTensorVector())
        list.push_back(to_device(item));
    return list;
}

} // namespace pretend
