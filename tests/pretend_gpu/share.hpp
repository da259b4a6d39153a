// One operation's tensors of a device, as tensors of the CPU over the same memory, and back.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

namespace pretend
{

class Share
{
  public:
    explicit Share(c10::Device device) : device_(device) {}

    at::Tensor to_host(const at::Tensor &tensor);
    c10::Storage to_host(const c10::Storage &storage);
    // What is inside, too.
    c10::IValue to_host(const c10::IValue &value);

    // Sizes, strides and storages that the operation changed are changed in the tensors of the device as well.
    void settle();
    // A tensor that was given; a view of one; or what the operation has made, taken over.
    at::Tensor to_device(const at::Tensor &host);
    c10::IValue to_device(const c10::IValue &value);

  private:
    struct Pair {
        at::Tensor device, host;
    };
    void settle(const Pair &pair);
    c10::Storage device_storage(const c10::Storage &host);

    const c10::Device device_;
    std::vector<Pair> tensors_;
    std::unordered_map<const c10::StorageImpl *, c10::Storage> host_of_, device_of_;
    std::vector<at::Tensor> of_host_; // given on the CPU
};

} // namespace pretend
