#include "pretend_gpu/device.hpp"

#include <atomic>
#include <cstdlib>
#include <vector>

#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/csrc/distributed/c10d/reducer_timer.hpp>

#include "pretend_gpu/memory.hpp"

namespace pretend
{

static const int most_devices = 16;

c10::DeviceIndex device_count()
{
    static const auto count = [] {
        const char *text = std::getenv("PRETEND_GPUS");
        const long number = text ? std::strtol(text, nullptr, 10) : 2;
        return static_cast<c10::DeviceIndex>(std::min<long>(std::max<long>(number, 0), most_devices));
    }();
    return count;
}

static thread_local c10::DeviceIndex this_device = 0;
static thread_local c10::StreamId streams[most_devices];

c10::DeviceIndex current_device() { return this_device; }

void set_current_device(c10::DeviceIndex device)
{
    TORCH_CHECK(device >= 0 && device < device_count(), "CUDA error: invalid device ordinal: device ",
                static_cast<int>(device), " of ", static_cast<int>(device_count()));
    this_device = device;
}

// ---- devices, streams, events ----

// Everything is done when the call that asked for it returns: an event is a mark that it was recorded.
struct Guard final : c10::impl::DeviceGuardImplInterface {
    c10::DeviceType type() const override { return c10::kCUDA; }
    c10::Device exchangeDevice(c10::Device device) const override
    {
        const auto before = getDevice();
        setDevice(device);
        return before;
    }
    c10::Device getDevice() const override { return {c10::kCUDA, current_device()}; }
    void setDevice(c10::Device device) const override { set_current_device(device.index()); }
    void uncheckedSetDevice(c10::Device device) const noexcept override { this_device = device.index(); }
    c10::DeviceIndex deviceCount() const noexcept override { return device_count(); }

    static c10::Stream stream(c10::Device device, c10::StreamId id)
    {
        return c10::Stream(c10::Stream::UNSAFE, device, id);
    }
    c10::Stream getStream(c10::Device device) const override { return stream(device, streams[device.index()]); }
    c10::Stream getDefaultStream(c10::Device device) const override { return stream(device, 0); }
    c10::Stream getStreamFromGlobalPool(c10::Device device, bool) const override
    {
        return getNewStream(device, 0);
    }
    c10::Stream getNewStream(c10::Device device, int) const override
    {
        static std::atomic<c10::StreamId> last{0};
        return stream(device, ++last);
    }
    c10::Stream exchangeStream(c10::Stream stream) const override
    {
        const auto before = getStream(stream.device());
        streams[stream.device_index()] = stream.id();
        return before;
    }
    bool queryStream(const c10::Stream &) const override { return true; }
    void synchronizeStream(const c10::Stream &) const override {}
    void synchronizeDevice(c10::DeviceIndex) const override {}

    void record(void **event, const c10::Stream &, c10::DeviceIndex, c10::EventFlag) const override
    {
        if (!*event)
            *event = new char;
    }
    void destroyEvent(void *event, c10::DeviceIndex) const noexcept override
    {
        delete static_cast<char *>(event);
    }
    void block(void *, const c10::Stream &) const override {}
    bool queryEvent(void *) const override { return true; }
    void synchronizeEvent(void *) const override {}
    void recordDataPtrOnStream(const at::DataPtr &, const c10::Stream &) const override {}
};

// The registry's name for the device is part of the macro.
using c10::impl::DeviceGuardImplRegistrar;
static const DeviceGuardImplRegistrar guard_registrar(c10::kCUDA, new Guard);

// ---- the clock by which a reducer measures itself ----

class Timer final : public c10d::Timer
{
  public:
    explicit Timer(c10::Device) {}
    std::optional<int64_t> measureDifference(Event start, Event end) override
    {
        const auto from = getTimestamp(start), to = getTimestamp(end);
        return from && to && *to > *from ? std::optional(*to - *from) : std::nullopt;
    }
};

} // namespace pretend

namespace c10d
{
C10_REGISTER_TYPED_CLASS(TimerRegistry, c10::kCUDA, pretend::Timer);
}

// ---- the rest ----

namespace at
{

// The registry knows the hooks of CUDA by this name.
struct CUDAHooks final : CUDAHooksInterface {
    explicit CUDAHooks(CUDAHooksArgs) {}
    void init() const override {}
    bool isBuilt() const override { return true; }
    bool isAvailable() const override { return hasCUDA(); }
    bool hasCUDA() const override { return pretend::device_count() > 0; }
    bool hasPrimaryContext(DeviceIndex) const override { return true; }
    DeviceIndex deviceCount() const override { return pretend::device_count(); }
    int getNumGPUs() const override { return pretend::device_count(); }
    DeviceIndex current_device() const override { return pretend::current_device(); }
    DeviceIndex getCurrentDevice() const override { return pretend::current_device(); }
    void setCurrentDevice(DeviceIndex device) const override { pretend::set_current_device(device); }
    DeviceIndex exchangeDevice(DeviceIndex device) const override
    {
        const auto before = pretend::current_device();
        pretend::set_current_device(device);
        return before;
    }
    DeviceIndex maybeExchangeDevice(DeviceIndex device) const override { return exchangeDevice(device); }
    const Generator &getDefaultGenerator(DeviceIndex device) const override
    {
        return pretend::default_generator(device);
    }
    Generator getNewGenerator(DeviceIndex device) const override { return pretend::new_generator(device); }
    Device getDeviceFromPtr(void *data) const override { return pretend::device_of(data); }
    bool isPinnedPtr(const void *data) const override { return pretend::is_pinned(data); }
    Allocator *getPinnedMemoryAllocator() const override { return pretend::pinned_allocator(); }
    Allocator *getCUDADeviceAllocator() const override { return pretend::device_allocator(); }
    std::string showConfig() const override { return "a pretended GPU"; }
    void deviceSynchronize(DeviceIndex) const override {}
};

REGISTER_CUDA_HOOKS(CUDAHooks)

} // namespace at
