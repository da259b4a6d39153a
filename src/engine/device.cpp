#include "engine/device.h"

#include <map>

#include <unistd.h>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "engine/cell.hpp"
#include "engine/device.hpp"
#include "engine/generator.hpp"
#include "engine/guard.hpp"

// Nothing here is CUDA's own: libtorch has these interfaces for devices of any kind.

static c10::impl::VirtualGuardImpl guard_of(accel_device device)
{
    return c10::impl::VirtualGuardImpl(device_of(device).type());
}

// Looking for GPUs begins their driver's work in this process, and what it forks could then not have any: it is put off until
// somebody asks for one. A seed that comes before waits for that.
namespace
{
struct Gpus {
    std::mutex mutex;
    std::optional<uint64_t> seed;
    int count = -1;    // not looked for
    pid_t process = 0; // that has looked
};
} // namespace

static Gpus &gpus()
{
    static Gpus all;
    return all;
}

static void seed_all(const Gpus &all)
{
    for (int i = 0; all.seed && i < all.count; i++) {
        at::Generator generator = at::globalContext().defaultGenerator(device_of({ACCEL_CUDA, i}));
        const std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_current_seed(*all.seed);
    }
}

static int count_gpus()
{
    Gpus &all = gpus();
    const std::lock_guard<std::mutex> lock(all.mutex);
    if (all.count < 0) {
        all.process = getpid();
        all.count = at::detail::getCUDAHooks().getNumGPUs();
        seed_all(all);
    }
    if (all.count > 0 && all.process != getpid())
        throw engine_failure(ACCEL_EUNSUPPORTED,
                             "this process is a fork of one that has looked for GPUs, and can use none: "
                             "accelerator_spawn comes before whatever looks for them");
    return all.count;
}

extern "C" int engine_device_count(void)
{
    return guard("accel_device_count", 0, [&] { return count_gpus(); });
}

extern "C" accel_status engine_device_use(accel_device device)
{
    return guard_status("accelerator_create", [&] {
        if (device.type == ACCEL_CPU)
            return;
        at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
        guard_of(device).setDevice(device_of(device));
    });
}

extern "C" accel_status engine_device_synchronize(accel_device device)
{
    return guard_status("accel_device_synchronize", [&] {
        if (device.type != ACCEL_CPU)
            guard_of(device).synchronizeDevice(static_cast<c10::DeviceIndex>(device.index));
    });
}

extern "C" accel_status engine_device_release_memory(accel_device device)
{
    return guard_status("accelerator_free_memory", [&] {
        if (device.type != ACCEL_CPU)
            c10::getDeviceAllocator(device_of(device).type())->emptyCache();
    });
}

extern "C" accel_status engine_device_memory(accel_device device, int64_t *free, int64_t *total)
{
    return guard_status("accel_device_memory", [&] {
        at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
        const auto [left, all] = c10::getDeviceAllocator(device_of(device).type())
                                     ->getMemoryInfo(static_cast<c10::DeviceIndex>(device.index));
        *free = static_cast<int64_t>(left);
        *total = static_cast<int64_t>(all);
    });
}

// ---- tensors that change in place ----

static void replace(at::Tensor &t, const at::TensorOptions &options)
{
    // What may fail for want of memory comes first.
    const at::Tensor made = t.to(options);
    const at::Tensor gradient = t.grad().defined() ? t.grad().to(options) : at::Tensor();
    t.mutable_grad() = at::Tensor(); // is to be like its tensor
    t.set_data(made);
    t.mutable_grad() = gradient;
}

extern "C" accel_status engine_tensor_move(accel_tensor *tensor, accel_device device, const char *call)
{
    return guard_status(call, [&] {
        const at::NoGradGuard no_grad;
        if (tensor_of(tensor).device() != device_of(device))
            replace(tensor_of(tensor), at::TensorOptions(device_of(device)));
    });
}

extern "C" accel_status engine_tensor_convert(accel_tensor *tensor, accel_dtype dtype, const char *call)
{
    return guard_status(call, [&] {
        const at::NoGradGuard no_grad;
        const auto type = static_cast<c10::ScalarType>(dtype);
        if (tensor_of(tensor).is_floating_point() && tensor_of(tensor).scalar_type() != type)
            replace(tensor_of(tensor), at::TensorOptions(type));
    });
}

// The stream that batches are copied on, one for each GPU: the copies of all threads go over one bus. Those of the pool are
// handed out in turn to everybody who asks, among them who computes.
static c10::Stream stream_of(const c10::impl::VirtualGuardImpl &guard, c10::Device device)
{
    static std::mutex mutex;
    static auto &streams = *new std::map<c10::DeviceIndex, c10::Stream>;
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = streams.find(device.index());
    if (found != streams.end())
        return found->second;
    return streams.emplace(device.index(), guard.getStreamFromGlobalPool(device, /*isHighPriority=*/true))
        .first->second;
}

namespace
{
// Operations of this thread go to a stream, until this ends.
class OnStream
{
  public:
    OnStream(const c10::impl::VirtualGuardImpl &guard, c10::Stream stream)
        : guard_(guard), stream_(stream), device_(guard.exchangeDevice(stream.device())),
          before_(guard.exchangeStream(stream))
    {
    }
    ~OnStream()
    {
        guard_.exchangeStream(before_);
        guard_.uncheckedSetDevice(device_);
    }
    void wait() const { guard_.synchronizeStream(stream_); }
    OnStream(const OnStream &) = delete;
    OnStream &operator=(const OnStream &) = delete;

  private:
    const c10::impl::VirtualGuardImpl guard_;
    const c10::Stream stream_;
    const c10::Device device_;
    const c10::Stream before_;
};
} // namespace

extern "C" engine_payload engine_tensor_send(accel_tensor *tensor, accel_device device)
{
    return guard<engine_payload>("accel_loader_next", nullptr, [&] {
        const at::NoGradGuard no_grad;
        const c10::Device to = device_of(device);
        const auto gpu = guard_of(device);
        const OnStream copies(gpu, stream_of(gpu, to));
        const at::Tensor &given = tensor_of(tensor);
        const at::Tensor source = given.is_cpu() && given.numel() > 0 ? given.pin_memory() : given;
        at::Tensor sent = source.to(to, /*non_blocking=*/true);
        copies.wait();
        return payload_of(std::move(sent));
    });
}

extern "C" accel_status engine_tensor_receive(accel_tensor *tensor)
{
    return guard_status("accel_loader_next", [&] {
        const at::Tensor &t = tensor_of(tensor);
        if (t.is_cpu() || t.numel() == 0)
            return;
        const c10::impl::VirtualGuardImpl gpu(t.device().type());
        t.record_stream(gpu.getStream(t.device()));
    });
}

// ---- random numbers ----

extern "C" engine_generator *engine_generator_of_device(accel_device device)
{
    return guard<engine_generator *>("accel_generator_of_device", nullptr, [&] {
        return new engine_generator{at::globalContext().defaultGenerator(device_of(device))};
    });
}

extern "C" engine_generator *engine_generator_create_on(accel_device device, uint64_t seed)
{
    return guard<engine_generator *>("accel_generator_create_on", nullptr, [&] {
        const auto index = static_cast<c10::DeviceIndex>(device.index);
        at::Generator made = device.type == ACCEL_CPU ? at::detail::createCPUGenerator()
                                                      : at::detail::getCUDAHooks().getNewGenerator(index);
        made.set_current_seed(seed);
        return new engine_generator{std::move(made)};
    });
}

extern "C" accel_device engine_generator_device(engine_generator *generator)
{
    return guard(__func__, accel_device{ACCEL_CPU, -1},
                 [&] { return device_from(generator->generator.device()); });
}

extern "C" accel_status engine_seed_devices(uint64_t seed)
{
    return guard_status("accel_set_seed", [&] {
        Gpus &all = gpus();
        const std::lock_guard<std::mutex> lock(all.mutex);
        all.seed = seed;
        seed_all(all);
    });
}
