#include "engine/cuda.hpp"

#include <string>

#include "engine/guard.hpp"
#include "engine/plugin.h"

static const CudaPart *load()
{
    char why[1024];
    const void *part =
        plugin_load("ACCEL_CUDA_LIBRARY", "libaccel_cuda.so", "accel_cuda_part", why, sizeof why);
    if (!part)
        throw engine_failure(ACCEL_EUNSUPPORTED,
                             "several processes with GPUs need libaccel_cuda.so, which cannot be loaded: " +
                                 std::string(why) + "; cpu = true trains without GPUs");
    return static_cast<const CudaPart *>(part);
}

const CudaPart &cuda_part()
{
    static const CudaPart *const part = load();
    return *part;
}
