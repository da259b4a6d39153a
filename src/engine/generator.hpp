// The engine's side of a generator handle.
#pragma once

#include <ATen/core/Generator.h>

#include "engine/engine.h"

struct engine_generator {
    at::Generator generator;
};

// The generator of a live handle, whose cell begins with its address.
inline engine_generator &generator_of(accel_generator *handle)
{
    return **reinterpret_cast<engine_generator **>(handle);
}
