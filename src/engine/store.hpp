// The engine's side of a store.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

struct engine_store {
    c10::intrusive_ptr<c10d::Store> store;
};
