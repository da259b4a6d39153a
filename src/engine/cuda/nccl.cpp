// libaccel_cuda.so: NCCL, the transport between GPUs.
#define USE_C10D_NCCL // unlocks the header

#include <stdexcept>
#include <string>

#include <torch/csrc/distributed/c10d/NCCLUtils.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "engine/cuda.hpp"

// Options have the layout of the header that they were compiled with.
static void check_version()
{
    const auto [major, minor, patch] = c10d::getNcclVersionTuple();
    if (major == NCCL_MAJOR && minor == NCCL_MINOR)
        return;
    throw std::runtime_error("libaccel_cuda.so was compiled for NCCL " + std::to_string(NCCL_MAJOR) + "." +
                             std::to_string(NCCL_MINOR) + ", and libtorch has " + std::to_string(major) + "." +
                             std::to_string(minor) + "." + std::to_string(patch));
}

static c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store> &store, int rank,
                                                   int size, int device, std::chrono::milliseconds timeout)
{
    using Nccl = c10d::ProcessGroupNCCL;
    check_version();
    auto options = Nccl::Options::create();
    options->timeout = timeout;
    auto made = c10::make_intrusive<Nccl>(store, rank, size, options);
    made->setBoundDeviceId(c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(device)));
    return made;
}

const CudaPart accel_cuda_part{make_nccl};
