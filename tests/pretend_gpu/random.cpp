#include "pretend_gpu/device.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>

namespace pretend
{

// A generator of a device, which draws as one of the CPU does.
struct Generator final : c10::GeneratorImpl {
    Generator(c10::DeviceIndex device, at::Generator of_host)
        : GeneratorImpl({c10::kCUDA, device}, c10::DispatchKeySet(c10::DispatchKey::CUDA)),
          host(std::move(of_host))
    {
    }
    void set_current_seed(uint64_t seed) override { host.set_current_seed(seed); }
    void set_offset(uint64_t offset) override { host.set_offset(offset); }
    uint64_t get_offset() const override { return host.get_offset(); }
    uint64_t current_seed() const override { return host.current_seed(); }
    uint64_t seed() override { return host.seed(); }
    void set_state(const c10::TensorImpl &state) override { host.unsafeGetGeneratorImpl()->set_state(state); }
    c10::intrusive_ptr<c10::TensorImpl> get_state() const override
    {
        return host.unsafeGetGeneratorImpl()->get_state();
    }
    Generator *clone_impl() const override { return new Generator(device_.index(), host.clone()); }

    at::Generator host;
};

static bool has_own()
{
    const char *which = std::getenv("PRETEND_GPU_RANDOM");
    return which && std::strcmp(which, "device") == 0;
}

at::Generator new_generator(c10::DeviceIndex device)
{
    return at::make_generator<Generator>(device < 0 ? current_device() : device,
                                         at::detail::createCPUGenerator());
}

const at::Generator &default_generator(c10::DeviceIndex device)
{
    static const auto &generators = *new auto([] {
        std::vector<at::Generator> all;
        for (c10::DeviceIndex i = 0; i < device_count(); i++)
            all.push_back(has_own() ? new_generator(i)
                                    : at::make_generator<Generator>(i, at::detail::getDefaultCPUGenerator()));
        return all;
    }());
    const auto index = static_cast<size_t>(device < 0 ? current_device() : device);
    TORCH_CHECK(index < generators.size(), "CUDA error: invalid device ordinal: device ", index, " of ",
                generators.size());
    return generators[index];
}

at::Generator host_generator(const at::Generator &generator)
{
    return generator.device().is_cuda() ? generator.get<Generator>()->host : generator;
}

} // namespace pretend
