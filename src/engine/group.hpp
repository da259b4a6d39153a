// The engine's side of a group.
#pragma once

#include <memory>
#include <mutex>

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include "engine/group.h"
#include "engine/watched.hpp"

// Connections between all processes whose operations do not wait for those of others.
struct Channel {
    c10::intrusive_ptr<WatchedBackend> host;
    c10::intrusive_ptr<CountedBackend> device; // between GPUs; NULL where processes have none

    // The transport that reaches where the tensor is.
    c10d::Backend &transport_of(const at::Tensor &tensor) const;
    uint64_t issued() const { return host->issued() + (device ? device->issued() : 0); }
};

// One that a reducer uses by itself; the next reducer takes it over.
struct ReducerChannel {
    Channel channel;
    c10::intrusive_ptr<c10d::ProcessGroup> group; // of that channel alone
    bool taken;
};

struct engine_group {
    const std::shared_ptr<Watch> watch = std::make_shared<Watch>();
    engine_group_options options{};
    std::string address, interface;
    c10::intrusive_ptr<c10d::Store> store; // ends its waits with the group
    Channel calls;
    std::vector<ReducerChannel> gradients;
    std::mutex progress_mutex;
    engine_progress progress{};
};

// A channel under a name; `threads` of each process carry its operations between CPUs out. Collective.
Channel make_channel(engine_group &group, const std::string &name, int threads);

// A reducer, by its place in `gradients`, begins a round.
void begin_round(engine_group &group, size_t reducer);
