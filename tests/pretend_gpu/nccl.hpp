// The library's second shared object, as it asks for it; the pretended one is in its place.
#pragma once

#if __has_include("engine/cuda.hpp")
#include "engine/cuda.hpp"
#else
#include <chrono>

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

struct CudaPart {
    c10::intrusive_ptr<c10d::Backend> (*make_nccl)(const c10::intrusive_ptr<c10d::Store> &store, int rank,
                                                   int size, int device, std::chrono::milliseconds timeout);
};

extern "C" __attribute__((visibility("default"))) const CudaPart accel_cuda_part;
#endif
