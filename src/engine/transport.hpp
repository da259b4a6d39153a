// A transport between CPUs that is a table of C functions.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>

#include "engine/group.h"

// A channel of the group's table. Its operations run on a thread of its own.
c10::intrusive_ptr<c10d::Backend> make_transport(const engine_group_options &options);
