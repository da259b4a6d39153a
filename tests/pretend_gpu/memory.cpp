#include "pretend_gpu/memory.hpp"

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>

#include "pretend_gpu/device.hpp"

namespace pretend
{

// No processor that this project runs on maps an address with this bit and without those above it.
static const uintptr_t mark = uintptr_t{1} << 60;

void *device_address(void *host)
{
    return host ? reinterpret_cast<void *>(reinterpret_cast<uintptr_t>(host) | mark) : nullptr;
}

void *host_address(void *device)
{
    return reinterpret_cast<void *>(reinterpret_cast<uintptr_t>(device) & ~mark);
}

// ---- accounts ----

struct Region {
    size_t bytes;
    c10::Device device;
};

// The regions in use, by their first byte.
class Regions
{
  public:
    void add(const void *first, Region region)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        regions_.emplace(reinterpret_cast<uintptr_t>(first), region);
    }
    void remove(const void *first)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        regions_.erase(reinterpret_cast<uintptr_t>(first));
    }
    std::optional<Region> find(const void *inside)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto address = reinterpret_cast<uintptr_t>(inside);
        auto after = regions_.upper_bound(address);
        if (after == regions_.begin())
            return std::nullopt;
        const auto &[first, region] = *--after;
        return address < first + region.bytes ? std::optional(region) : std::nullopt;
    }

  private:
    std::mutex mutex_;
    std::map<uintptr_t, Region> regions_;
};

// Outlive whatever a program frees while it ends.
static auto &device_regions = *new Regions;
static auto &pinned_regions = *new Regions;

// The bytes in use on each device.
class Account
{
  public:
    using Stats = c10::CachingDeviceAllocator::DeviceStats;

    void charge(c10::Device device, size_t bytes)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        auto &use = use_[device.index()];
        const size_t used = static_cast<size_t>(use.allocated_bytes[0].current);
        if (bytes > limit() || used > limit() - bytes) {
            use.num_ooms++;
            refuse(device, bytes, used);
        }
        use.allocated_bytes[0].increase(bytes);
        use.reserved_bytes[0].increase(bytes);
        use.allocation[0].increase(1);
    }
    void discharge(c10::Device device, size_t bytes)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        auto &use = use_[device.index()];
        use.allocated_bytes[0].decrease(bytes);
        use.reserved_bytes[0].decrease(bytes);
        use.allocation[0].decrease(1);
    }
    template <class Change> Stats with(c10::DeviceIndex device, Change &&change)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        change(use_[device]);
        return use_[device];
    }
    static size_t limit()
    {
        const char *bytes = std::getenv("PRETEND_GPU_BYTES");
        return bytes ? std::strtoull(bytes, nullptr, 10) : SIZE_MAX / 2;
    }

  private:
    [[noreturn]] static void refuse(c10::Device device, size_t bytes, size_t used)
    {
        const auto message =
            c10::str("CUDA out of memory. Tried to allocate ", bytes, " bytes. GPU ",
                     static_cast<int>(device.index()), " has a total capacity of ", limit(), " bytes of which ",
                     used < limit() ? limit() - used : 0, " bytes is free.");
        C10_THROW_ERROR(OutOfMemoryError, message);
    }

    std::mutex mutex_;
    std::map<c10::DeviceIndex, Stats> use_;
};

static auto &account = *new Account;

// ---- what a pointer keeps ----

struct Block {
    Block(c10::Device where, size_t size) : device(where), bytes(size) { account.charge(device, bytes); }
    Block(const Block &) = delete;
    virtual ~Block()
    {
        if (address)
            device_regions.remove(address);
        account.discharge(device, bytes);
    }
    at::DataPtr pointer(void *host)
    {
        address = device_address(host);
        if (address)
            device_regions.add(address, {bytes, device});
        return {address, this, [](void *block) { delete static_cast<Block *>(block); }, device};
    }

    const c10::Device device;
    const size_t bytes;
    void *address = nullptr;
};

struct Allocated : Block {
    Allocated(c10::Device where, size_t size) : Block(where, size), host(c10::alloc_cpu(size)) {}
    ~Allocated() override { c10::free_cpu(host); }
    void *const host;
};

struct Adopted : Block {
    Adopted(c10::Device where, c10::Storage made) : Block(where, made.nbytes()), host(std::move(made)) {}
    const c10::Storage host;
};

c10::Storage adopt(const c10::Storage &host, c10::Device device)
{
    auto block = std::make_unique<Adopted>(device, host);
    at::DataPtr pointer = block->pointer(host.mutable_data());
    block.release();
    return {c10::Storage::use_byte_size_t(), host.nbytes(), std::move(pointer), device_allocator(), true};
}

c10::Device device_of(const void *device)
{
    const auto region = device_regions.find(device);
    TORCH_CHECK(region,
                "The specified pointer resides on host memory and is not registered with any CUDA device.");
    return region->device;
}

// ---- allocators ----

struct DeviceMemory final : c10::DeviceAllocator {
    at::DataPtr allocate(size_t bytes) override
    {
        const c10::Device device(c10::kCUDA, current_device());
        if (bytes == 0)
            return {nullptr, device};
        auto block = std::make_unique<Allocated>(device, bytes);
        at::DataPtr pointer = block->pointer(block->host);
        block.release();
        return pointer;
    }
    void copy_data(void *to, const void *from, size_t bytes) const override
    {
        default_copy_data(host_address(to), host_address(const_cast<void *>(from)), bytes);
    }
    bool initialized() override { return true; }
    void emptyCache(c10::MempoolId_t) override {}
    void recordStream(const at::DataPtr &, c10::Stream) override {}
    c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex device) override
    {
        return account.with(device, [](auto &) {});
    }
    void resetAccumulatedStats(c10::DeviceIndex device) override
    {
        account.with(device, [](auto &use) {
            use.allocated_bytes[0].reset_accumulated();
            use.reserved_bytes[0].reset_accumulated();
            use.allocation[0].reset_accumulated();
        });
    }
    void resetPeakStats(c10::DeviceIndex device) override
    {
        account.with(device, [](auto &use) {
            use.allocated_bytes[0].reset_peak();
            use.reserved_bytes[0].reset_peak();
            use.allocation[0].reset_peak();
        });
    }
    std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex device) override
    {
        const auto used = static_cast<size_t>(getDeviceStats(device).allocated_bytes[0].current);
        return {Account::limit() - used, Account::limit()};
    }
};

struct PinnedMemory final : c10::Allocator {
    at::DataPtr allocate(size_t bytes) override
    {
        void *host = c10::alloc_cpu(bytes);
        if (host)
            pinned_regions.add(host, {bytes, c10::kCPU});
        return {host, host, raw_deleter(), c10::kCPU};
    }
    c10::DeleterFnPtr raw_deleter() const override
    {
        return [](void *host) {
            pinned_regions.remove(host);
            c10::free_cpu(host);
        };
    }
    void copy_data(void *to, const void *from, size_t bytes) const override
    {
        default_copy_data(to, from, bytes);
    }
};

c10::DeviceAllocator *device_allocator()
{
    static auto &memory = *new DeviceMemory;
    return &memory;
}

c10::Allocator *pinned_allocator()
{
    static auto &memory = *new PinnedMemory;
    return &memory;
}

bool is_pinned(const void *host) { return pinned_regions.find(host).has_value(); }

static const c10::AllocatorRegisterer<c10::kCUDA> registerer(device_allocator());

} // namespace pretend
