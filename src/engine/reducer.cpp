#include <algorithm>

#include <torch/csrc/distributed/c10d/comm.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <ATen/core/grad_mode.h>

#include "engine/cell.hpp"
#include "engine/group.h"
#include "engine/group.hpp"
#include "engine/guard.hpp"

// A round is what lies between the first gradient of a parameter and the last one. The engine's reducer must be told of its
// beginning. Programs do not know it: they run two forwards and then two backwards, one forward and two backwards, a part
// of the model, or none of its forwards at all. The first gradient does.
struct engine_reducer {
    engine_group &group;
    const size_t index; // of its channel
    c10::intrusive_ptr<c10d::ProcessGroup> channel;
    std::unique_ptr<c10d::Reducer> reducer; // NULL: nothing is trained
    std::vector<at::Tensor> parameters;
    std::vector<std::string> names;
    bool (*averages)(void *user) = nullptr;
    bool (*begins)(void *user) = nullptr;
    void *user = nullptr;
    std::vector<unsigned> hooks; // before each parameter's gradient is added
    bool averaging = true;
    std::vector<bool> reached; // in this round
    size_t reached_count = 0;  // 0: no round is under way

    engine_reducer(engine_group &of, c10::intrusive_ptr<c10d::ProcessGroup> through)
        : group(of), index(of.gradients.size() - 1), channel(std::move(through))
    {
    }
    ~engine_reducer()
    {
        for (size_t i = 0; i < hooks.size(); i++)
            parameters[i].remove_hook(hooks[i]);
    }
    void begin();
    void reach(size_t parameter);
    [[noreturn]] void refuse(size_t parameter, const std::string &why) const;
};

void engine_reducer::begin()
{
    if (!begins(user))
        throw engine_failure(accel_error_status(), accel_error_last()->message);
    begin_round(group, index);
    reducer->prepare_for_forward();
    reducer->rebuild_buckets();
    reducer->prepare_for_backward({});
}

void engine_reducer::refuse(size_t parameter, const std::string &why) const
{
    throw engine_failure(ACCEL_EINVAL, "parameter \"" + names[parameter] + "\" " + why);
}

void engine_reducer::reach(size_t parameter)
{
    if (!averaging)
        return;
    if (!averages(user))
        refuse(parameter,
               "belongs to a prepared module: accelerator_backward averages its gradients over the processes");
    if (reached_count == 0)
        begin();
    if (reached[parameter])
        refuse(parameter,
               "gets its second gradient before all others got one, so that gradients cannot be averaged over "
               "the processes");
    reached[parameter] = true;
    if (++reached_count < reached.size())
        return;
    reached.assign(reached.size(), false);
    reached_count = 0;
}

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
                                   [&] { return new engine_reducer(*group, make_process_group(*group)); });
}

extern "C" accel_status engine_reducer_broadcast(engine_reducer *reducer, const char *call,
                                                 accel_tensor *const *tensors, size_t count, int root)
{
    return guard_status(call, [&] {
        constexpr size_t message_bytes = 250 << 20; // as DistributedDataParallel
        const at::NoGradGuard no_grad;
        begin_round(reducer->group, reducer->index);
        c10d::broadcast_coalesced(reducer->channel, list_of(tensors, count), message_bytes, root);
    });
}

static void start(engine_reducer &r, const engine_reducer_parameters &given)
{
    std::vector<at::Tensor> parameters = list_of(given.tensors, given.count);
    r.reducer = make_reducer(r.channel, parameters);
    r.parameters = std::move(parameters);
    r.names.assign(given.names, given.names + given.count);
    r.averages = given.averages;
    r.begins = given.begins;
    r.user = given.user;
    r.reached.assign(given.count, false);
    for (size_t i = 0; i < given.count; i++)
        r.hooks.push_back(r.parameters[i].register_hook([&r, i](const at::Tensor &) { r.reach(i); }));
}

extern "C" accel_status engine_reducer_start(engine_reducer *reducer,
                                             const engine_reducer_parameters *parameters)
{
    return guard_status("accelerator_prepare", [&] { start(*reducer, *parameters); });
}

extern "C" void engine_reducer_free(engine_reducer *reducer)
{
    guard_status(__func__, [&] { delete reducer; });
}

extern "C" void engine_reducer_set_averaging(engine_reducer *reducer, bool averaging)
{
    guard_status(__func__, [&] { reducer->averaging = averaging; });
}

extern "C" bool engine_reducer_is_complete(engine_reducer *reducer)
{
    return guard(__func__, false, [&] { return reducer->reached_count == 0; });
}

extern "C" bool engine_reducer_has_reached(engine_reducer *reducer, size_t index)
{
    return guard(__func__, false, [&] { return static_cast<bool>(reducer->reached[index]); });
}
