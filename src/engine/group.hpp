// The engine's side of a group.
#pragma once

#include <memory>
#include <mutex>

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include "engine/group.h"
#include "engine/watched.hpp"

// Connections that a reducer uses by itself; the next reducer takes them over.
struct ReducerChannel {
    c10::intrusive_ptr<WatchedBackend> backend;
    c10::intrusive_ptr<c10d::ProcessGroup> group; // of that backend alone
    bool taken;
};

struct engine_group {
    const std::shared_ptr<Watch> watch = std::make_shared<Watch>();
    engine_group_options options{};
    std::string address, interface;
    c10::intrusive_ptr<c10d::Store> store; // ends its waits with the group
    c10::intrusive_ptr<WatchedBackend> calls;
    std::vector<ReducerChannel> gradients;
    std::mutex progress_mutex;
    engine_progress progress{};
};

// Connections between all processes, under a name; `threads` of each carry operations out. Collective.
c10::intrusive_ptr<WatchedBackend> make_channel(engine_group &group, const std::string &name, int threads);

// A reducer, by its place in `gradients`, begins a round.
void begin_round(engine_group &group, size_t reducer);
