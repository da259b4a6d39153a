// Gloo, the transport between CPUs.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "engine/group.h"

// A backend for the group, whose processes meet under `name`; `threads` of it carry operations out.
c10::intrusive_ptr<c10d::Backend> make_gloo(const engine_group_options &options,
                                            const c10::intrusive_ptr<c10d::Store> &store, int threads);
