// A device on both sides of the border.
#pragma once

#include <c10/core/Device.h>

#include "engine/engine.h"

inline c10::Device device_of(accel_device device)
{
    if (device.type == ACCEL_CPU)
        return c10::Device(c10::DeviceType::CPU);
    return c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(device.index));
}

inline accel_device device_from(c10::Device device)
{
    if (device.is_cuda())
        return {ACCEL_CUDA, device.index()};
    return {ACCEL_CPU, -1};
}
