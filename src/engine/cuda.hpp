// What only CUDA's and NCCL's own headers tell. It is a second shared object, libaccel_cuda.so, which is loaded where there
// is a GPU and several processes: everything else about GPUs goes through libtorch's interfaces for devices of any kind.
#pragma once

#include <chrono>

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

struct CudaPart {
    // Connects GPU `device` with those of the other processes when it is first used.
    c10::intrusive_ptr<c10d::Backend> (*make_nccl)(const c10::intrusive_ptr<c10d::Store> &store, int rank,
                                                   int size, int device, std::chrono::milliseconds timeout);
};

// Its one symbol, a value.
extern "C" __attribute__((visibility("default"))) const CudaPart accel_cuda_part;

// The part, loaded at the first call: $ACCEL_CUDA_LIBRARY, else the file beside this library. Throws when it cannot be.
const CudaPart &cuda_part();
