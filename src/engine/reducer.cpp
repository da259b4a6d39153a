#include <algorithm>

#include <torch/csrc/distributed/c10d/comm.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <ATen/core/grad_mode.h>

#include "engine/cell.hpp"
#include "engine/group.h"
#include "engine/group.hpp"
#include "engine/guard.hpp"

struct engine_reducer {
    c10::intrusive_ptr<c10d::ProcessGroup> channel;
    std::unique_ptr<c10d::Reducer> reducer; // NULL: nothing is trained
};

// A channel of its own: messages of two models that processes use in another order never meet.
static c10::intrusive_ptr<c10d::ProcessGroup> make_process_group(engine_group &group)
{
    constexpr auto custom = c10d::ProcessGroup::BackendType::CUSTOM;
    auto made = c10::make_intrusive<c10d::ProcessGroup>(group.options.rank, group.options.size);
    made->setBackend(c10::DeviceType::CPU, custom,
                     make_channel(group, "gradients/" + std::to_string(group.gradients.size()), 2));
    made->setDefaultBackend(custom);
    group.gradients.push_back(made);
    return made;
}

// As DistributedDataParallel, but for two things. Gradients are views of the messages that carry them, which saves a
// copy of all of them. And the first backward overlaps too: its messages follow the order of the parameters, the later
// ones' the order in which gradients came.
static std::unique_ptr<c10d::Reducer> make_reducer(const c10::intrusive_ptr<c10d::ProcessGroup> &channel,
                                                   std::vector<at::Tensor> parameters)
{
    const std::vector<size_t> sizes{c10d::kDefaultFirstBucketBytes, c10d::kDefaultBucketBytesCap};
    const std::vector<bool> sparse(parameters.size(), false);
    auto buckets = std::get<0>(c10d::compute_bucket_assignment_by_size(parameters, sizes, sparse));
    std::reverse(buckets.begin(), buckets.end());
    return std::make_unique<c10d::Reducer>(
        std::move(parameters), std::move(buckets), channel, sparse, c10d::kDefaultBucketBytesCap,
        /*find_unused_parameters=*/false,
        /*gradient_as_bucket_view=*/true, std::unordered_map<size_t, std::string>(),
        c10d::kDefaultFirstBucketBytes,
        /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
        /*bucket_bytes_cap_list=*/std::vector<int64_t>());
}

static std::vector<at::Tensor> list_of(accel_tensor *const *tensors, size_t count)
{
    std::vector<at::Tensor> list;
    for (size_t i = 0; i < count; i++)
        list.push_back(tensor_of(tensors[i]));
    return list;
}

extern "C" engine_reducer *engine_reducer_create(engine_group *group)
{
    return guard<engine_reducer *>("accelerator_prepare", nullptr,
                                   [&] { return new engine_reducer{make_process_group(*group), nullptr}; });
}

extern "C" accel_status engine_reducer_broadcast(engine_reducer *reducer, const char *call,
                                                 accel_tensor *const *tensors, size_t count, int root)
{
    return guard_status(call, [&] {
        constexpr size_t message_bytes = 250 << 20; // as DistributedDataParallel
        const at::NoGradGuard no_grad;
        c10d::broadcast_coalesced(reducer->channel, list_of(tensors, count), message_bytes, root);
    });
}

extern "C" accel_status engine_reducer_start(engine_reducer *reducer, accel_tensor *const *parameters,
                                             size_t count)
{
    return guard_status("accelerator_prepare",
                        [&] { reducer->reducer = make_reducer(reducer->channel, list_of(parameters, count)); });
}

extern "C" void engine_reducer_free(engine_reducer *reducer)
{
    guard_status(__func__, [&] { delete reducer; });
}

extern "C" accel_status engine_reducer_before_forward(engine_reducer *reducer)
{
    return guard_status("accel_forward", [&] {
        reducer->reducer->prepare_for_forward();
        reducer->reducer->rebuild_buckets();
    });
}

extern "C" accel_status engine_reducer_after_forward(engine_reducer *reducer)
{
    return guard_status("accel_forward", [&] { reducer->reducer->prepare_for_backward({}); });
}

extern "C" bool engine_reducer_is_complete(engine_reducer *reducer)
{
    return guard(__func__, false, [&] {
        try {
            reducer->reducer->check_finalized();
            return true;
        } catch (const c10::Error &) {
            return false;
        }
    });
}
