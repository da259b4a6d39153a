#include "engine/cuda.hpp"

#include <cstdlib>
#include <string>

#include <dlfcn.h>

#include "engine/guard.hpp"

static std::string path_of_part()
{
    const char *chosen = std::getenv("ACCEL_CUDA_LIBRARY");
    if (chosen && *chosen)
        return chosen;
    Dl_info self{};
    dladdr(reinterpret_cast<const void *>(&cuda_part), &self);
    const std::string own = self.dli_fname ? self.dli_fname : "";
    return own.substr(0, own.rfind('/') + 1) + "libaccel_cuda.so";
}

static const CudaPart *load()
{
    const std::string path = path_of_part();
    void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void *entry = library ? dlsym(library, "accel_cuda_part") : nullptr;
    if (!entry)
        throw engine_failure(ACCEL_EUNSUPPORTED,
                             "several processes with GPUs need libaccel_cuda.so, which cannot be loaded: " +
                                 std::string(dlerror()) + "; cpu = true trains without GPUs");
    return static_cast<const CudaPart *>(entry);
}

const CudaPart &cuda_part()
{
    static const CudaPart *const part = load();
    return *part;
}
