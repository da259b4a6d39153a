// A handle's cell seen as the engine's tensor, and back.
#pragma once

#include <ATen/core/Tensor.h>

#include "engine/engine.h"

static_assert(sizeof(at::Tensor) == sizeof(void *), "a tensor is the first word of its cell");

// The tensor of a live handle.
inline at::Tensor &tensor_of(accel_tensor *handle) { return *reinterpret_cast<at::Tensor *>(handle); }

// One reference, on its way into a handle.
inline engine_payload payload_of(at::Tensor tensor) { return tensor.unsafeReleaseTensorImpl(); }

// Takes such a reference back.
inline at::Tensor reclaim(engine_payload payload)
{
    return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(
        static_cast<c10::TensorImpl *>(payload)));
}
