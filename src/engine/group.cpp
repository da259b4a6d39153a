#include "engine/group.hpp"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/comm.hpp>

#include <ATen/core/grad_mode.h>

#include "engine/cell.hpp"
#include "engine/gloo.hpp"
#include "engine/group.h"
#include "engine/guard.hpp"
#include "engine/store.hpp"

static c10::intrusive_ptr<c10d::Backend> make_channel(const engine_group_options &options, const char *name,
                                                      int threads, const std::shared_ptr<Watch> &watch)
{
    auto store = c10::make_intrusive<c10d::PrefixStore>(name, options.store->store);
    return c10::make_intrusive<WatchedBackend>(make_gloo(options, store, threads), watch);
}

static engine_group *make_group(const engine_group_options &options)
{
    auto group = std::make_unique<engine_group>();
    group->watch = std::make_shared<Watch>();
    group->calls = make_channel(options, "calls", 1, group->watch);
    group->gradients = c10::make_intrusive<c10d::ProcessGroup>(options.rank, options.size);
    group->gradients->setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::BackendType::CUSTOM,
                                 make_channel(options, "gradients", 2, group->watch));
    group->gradients->setDefaultBackend(c10d::ProcessGroup::BackendType::CUSTOM);
    return group.release();
}

extern "C" engine_group *engine_group_create(const engine_group_options *options)
{
    return guard<engine_group *>("accelerator_create", nullptr, [&] { return make_group(*options); });
}

// Ending a transport waits for its threads, which may be waiting for ever: a group that failed is kept instead.
static void keep(engine_group *group)
{
    static auto &kept = *new std::vector<engine_group *>;
    kept.push_back(group);
}

extern "C" void engine_group_free(engine_group *group)
{
    guard_status(__func__, [&] {
        if (group && group->watch->aborted())
            keep(group);
        else
            delete group;
    });
}

extern "C" void engine_group_abort(engine_group *group, accel_status status, const char *message)
{
    guard_status(__func__, [&] { group->watch->abort(status, message); });
}

extern "C" uint64_t engine_group_issued(engine_group *group)
{
    return guard<uint64_t>(__func__, 0, [&] { return group->watch->issued(); });
}

extern "C" accel_status engine_all_gather(engine_group *group, const char *call, accel_tensor *out,
                                          accel_tensor *in)
{
    return guard_status(call, [&] {
        const at::NoGradGuard no_grad;
        group->calls->_allgather_base(tensor_of(out), tensor_of(in))->wait();
    });
}

extern "C" accel_status engine_all_reduce(engine_group *group, const char *call, accel_tensor *tensor)
{
    return guard_status(call, [&] {
        const at::NoGradGuard no_grad;
        std::vector<at::Tensor> tensors{tensor_of(tensor)};
        group->calls->allreduce(tensors)->wait();
    });
}

extern "C" accel_status engine_broadcast(engine_group *group, const char *call, accel_tensor *tensor, int root)
{
    return guard_status(call, [&] {
        const at::NoGradGuard no_grad;
        std::vector<at::Tensor> tensors{tensor_of(tensor)};
        c10d::BroadcastOptions options;
        options.rootRank = root;
        group->calls->broadcast(tensors, options)->wait();
    });
}

extern "C" accel_status engine_broadcast_all(engine_group *group, const char *call,
                                             accel_tensor *const *tensors, size_t count, int root)
{
    return guard_status(call, [&] {
        constexpr size_t message_bytes = 250 << 20; // as DistributedDataParallel
        const at::NoGradGuard no_grad;
        std::vector<at::Tensor> list;
        for (size_t i = 0; i < count; i++)
            list.push_back(tensor_of(tensors[i]));
        c10d::broadcast_coalesced(group->gradients, list, message_bytes, root);
    });
}
