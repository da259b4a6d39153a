// The engine's side of a group.
#pragma once

#include <memory>

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include "engine/watched.hpp"

struct engine_group {
    std::shared_ptr<Watch> watch;
    c10::intrusive_ptr<c10d::Backend> calls;
    c10::intrusive_ptr<c10d::ProcessGroup> gradients;
};
