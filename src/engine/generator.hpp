// The engine's side of a generator handle.
#pragma once

#include <ATen/core/Generator.h>

struct engine_generator {
    at::Generator generator;
};
