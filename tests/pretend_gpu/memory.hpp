// The memory of the pretended devices: the host's, at addresses that the host cannot use.
#pragma once

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/Storage.h>

namespace pretend
{

// The address under which a device knows a piece of the host's memory, and back; null is null.
void *device_address(void *host);
void *host_address(void *device);

c10::DeviceAllocator *device_allocator();
c10::Allocator *pinned_allocator();
bool is_pinned(const void *host);
// The device that has the address; throws when none has.
c10::Device device_of(const void *device);

// What a kernel of the CPU has made becomes a storage of the device, without a copy.
c10::Storage adopt(const c10::Storage &host, c10::Device device);

} // namespace pretend
