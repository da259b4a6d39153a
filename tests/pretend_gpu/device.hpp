// What libtorch asks about the pretended devices.
#pragma once

#include <ATen/core/Generator.h>
#include <c10/core/Device.h>

namespace pretend
{

c10::DeviceIndex device_count();
c10::DeviceIndex current_device(); // of this thread
// Throws unless there is such a device.
void set_current_device(c10::DeviceIndex device);

const at::Generator &default_generator(c10::DeviceIndex device);
at::Generator new_generator(c10::DeviceIndex device);
// The generator of the CPU that a generator of a device stands for.
at::Generator host_generator(const at::Generator &generator);

} // namespace pretend
