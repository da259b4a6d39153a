#include <algorithm>
#include <limits>
#include <thread>

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/distributed/c10d/comm.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <ATen/core/grad_mode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include "engine/cell.hpp"
#include "engine/group.h"
#include "engine/group.hpp"
#include "engine/guard.hpp"

namespace
{

// Of the search for unused parameters, which advises against itself.
struct Quiet : c10::WarningHandler {
    void process(const c10::Warning &) override {}
};

// This thread's record, on its way to the thread that began the pass: gradients of a GPU come on one of the engine's own, which
// must not keep it.
[[noreturn]] void throw_record(std::thread::id beginner)
{
    const accel_error *record = accel_error_last();
    const engine_failure failure(record->status, record->message, record->call);
    if (std::this_thread::get_id() != beginner)
        accel_error_clear();
    throw failure;
}

// The engine's reducer, whose accounts of used parameters are put right at the beginning of a round.
class Averager : public c10d::Reducer
{
  public:
    template <class... Arguments> explicit Averager(Arguments &&...arguments) : Reducer(arguments...)
    {
        ddp_graph_static_ = false; // what it would tell a logger, which is not there
    }
    // `first`: of all rounds.
    void begin(const at::Tensor &loss, bool first)
    {
        prepare_for_forward();
        rebuild_buckets();
        forget_held_passes(first);
        Quiet quiet;
        const c10::WarningUtils::WarningHandlerGuard handled(&quiet);
        prepare_for_backward(loss.defined() ? std::vector<at::Tensor>{loss} : std::vector<at::Tensor>{});
    }
    // What the hooks of a pass would do, where there is none: gradients are what they are, none is used.
    void follow()
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        num_bwd_calls_ += !first_autograd_hook_called_;
        first_autograd_hook_called_ = has_marked_unused_parameters_ = true;
        for (size_t i = 0; i < params_.size(); i++) {
            if (should_rebuild_buckets() && !is_unused(i))
                push_rebuilt_params(i);
            mark_variable_ready(i);
        }
    }
    bool is_unused(size_t parameter) const
    {
        return std::find(unused_parameters_.begin(), unused_parameters_.end(), parameter) !=
               unused_parameters_.end();
    }
    // The parameters that the round does not wait for.
    const std::vector<size_t> &unused() const { return unused_parameters_; }
    // The message whose buffer that is, as a hook sees it. The engine's own account has no number in a static graph's first
    // round.
    engine_bucket find_bucket(const at::Tensor &buffer) const
    {
        size_t i = 0;
        while (i + 1 < buckets_.size() && !buckets_[i].gradients.is_same(buffer))
            i++;
        const auto &parameters = buckets_[i].variable_indices;
        return {payload_of(buffer), i, i + 1 == buckets_.size(), parameters.data(), parameters.size()};
    }

  private:
    // A gradient that was dropped since it came counts as none; a static graph is that of the round's own pass.
    void forget_held_passes(bool first)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!local_used_map_.defined() || (static_graph_ && !first))
            return;
        for (size_t i = 0; i < params_.size(); i++) {
            numGradHooksTriggeredMap_[i] = 0;
            if (!params_[i].grad().defined())
                local_used_map_.mutable_data_ptr<int>()[i] = 0;
        }
    }
};

// Messages in half precision. Source: _compress_hook of torch's default_hooks.
class Compression : public c10d::CppCommHookInterface<c10::intrusive_ptr<c10d::ProcessGroup>>
{
  public:
    Compression(const c10::intrusive_ptr<c10d::ProcessGroup> &channel, accel_dtype dtype)
        : CppCommHookInterface(channel), dtype_(static_cast<c10::ScalarType>(dtype))
    {
    }
    c10::intrusive_ptr<c10::ivalue::Future> runHook(c10d::GradBucket &bucket) override
    {
        const at::NoGradGuard no_grad;
        const at::Tensor buffer = bucket.getBuffer();
        std::vector<at::Tensor> sent{buffer.to(dtype_).div_(state_->getSize())};
        const auto decompress = [buffer](c10::ivalue::Future &received) {
            buffer.copy_(received.value().toTensorVector()[0]);
            return c10::IValue(buffer);
        };
        return state_->allreduce(sent)->getFuture()->then(decompress, c10::TensorType::get());
    }

  private:
    const c10::ScalarType dtype_;
};

// A hook of the rooms above.
class Call : public c10d::CppCommHookInterface<const Averager *>
{
  public:
    Call(const Averager *averager, const engine_reducer_options &options, const std::thread::id &beginner)
        : CppCommHookInterface(averager), hook_(options.hook), user_(options.hook_user), beginner_(beginner)
    {
    }
    c10::intrusive_ptr<c10::ivalue::Future> runHook(c10d::GradBucket &bucket) override
    {
        const at::NoGradGuard no_grad;
        const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
        const engine_bucket given = state_->find_bucket(bucket.getBuffer());
        engine_payload averages = hook_(&given, user_);
        if (!averages)
            throw_record(beginner_);
        const at::Tensor result = reclaim(averages);
        std::vector<c10::Device> devices; // on whose streams it may still be computed
        if (!result.is_cpu())
            devices.push_back(result.device());
        auto done = c10::make_intrusive<c10::ivalue::Future>(c10::TensorType::get(), std::move(devices));
        done->markCompleted(c10::IValue(result));
        return done;
    }

  private:
    engine_comm_hook *const hook_;
    void *const user_;
    const std::thread::id &beginner_; // of the pass under way
};

} // namespace

// A round is what lies between the first gradient of a parameter and the last one. The engine's reducer must be told of its
// beginning. Programs do not know it: they run two forwards and then two backwards, one forward and two backwards, a part
// of the model, or none of its forwards at all. The first gradient does. Where parameters may stay unused, what the loss at
// hand does not reach is not waited for: then a round ends with its pass.
struct engine_reducer {
    engine_group &group;
    const size_t index; // of its channel
    c10::intrusive_ptr<c10d::ProcessGroup> channel;
    std::unique_ptr<Averager> reducer; // NULL: nothing is trained
    std::vector<at::Tensor> parameters;
    std::vector<std::string> names;
    bool (*averages)(void *user) = nullptr;
    bool (*begins)(void *user) = nullptr;
    void *user = nullptr;
    std::vector<unsigned> hooks; // before each parameter's gradient is added
    at::Tensor loss;             // of the pass under way
    std::thread::id beginner;    // of that pass
    bool averaging = true;
    bool held = false;         // gradients that came while it was off, since the last round that ended
    bool learning = false;     // a static graph in its first round
    std::vector<bool> reached; // in this round, or not waited for
    size_t reached_count = 0;  // 0: no round is under way
    bool ended = false;        // a round, in this pass, at whose end its averages come

    engine_reducer(engine_group &of, size_t through)
        : group(of), index(through), channel(of.gradients[through].group)
    {
    }
    ~engine_reducer()
    {
        group.gradients[index].taken = false;
        for (size_t i = 0; i < hooks.size(); i++)
            parameters[i].remove_hook(hooks[i]);
    }
    void begin();
    void learn();
    void reach(size_t parameter);
    void follow();
    void complete();
    [[noreturn]] void refuse(size_t parameter, const std::string &why) const;
    [[noreturn]] void refuse_second(size_t parameter) const;
};

// The first pass of a static graph tells what there is to reach: its gradients are averaged at its end.
void engine_reducer::learn()
{
    torch::autograd::Engine::get_default_engine().queue_callback([this] {
        reducer->delay_all_reduce();
        learning = false;
        complete();
    });
}

void engine_reducer::begin()
{
    if (!begins(user))
        throw_record(beginner);
    begin_round(group, index);
    reducer->begin(loss, learning);
    for (const size_t unused : reducer->unused())
        reached[unused] = true;
    reached_count = reducer->unused().size();
    if (learning)
        learn();
}

void engine_reducer::follow()
{
    if (learning)
        throw engine_failure(ACCEL_EINVAL,
                             "with static_graph a process cannot join before its first backward pass");
    begin();
    reducer->follow();
    complete();
}

void engine_reducer::complete()
{
    reached.assign(reached.size(), false);
    reached_count = 0;
    held = false;
    ended = true;
}

void engine_reducer::refuse(size_t parameter, const std::string &why) const
{
    throw engine_failure(ACCEL_EINVAL, "parameter \"" + names[parameter] + "\" " + why);
}

void engine_reducer::refuse_second(size_t parameter) const
{
    if (reducer->is_unused(parameter))
        refuse(parameter,
               "gets a gradient, but got none in the first backward pass: with static_graph every pass reaches "
               "the same parameters");
    refuse(parameter,
           "gets its second gradient before all others got one, so that gradients cannot be averaged over "
           "the processes");
}

void engine_reducer::reach(size_t parameter)
{
    if (!averaging) {
        held = true;
        return;
    }
    if (!averages(user))
        refuse(parameter,
               "belongs to a prepared module: accelerator_backward averages its gradients over the processes");
    if (reached_count == 0 && !ended)
        begin();
    if (reached[parameter] || ended)
        refuse_second(parameter);
    reached[parameter] = true;
    if (++reached_count == reached.size() && !learning)
        complete();
}

static size_t first_free_channel(const engine_group &group)
{
    size_t index = 0;
    while (index < group.gradients.size() && group.gradients[index].taken)
        index++;
    return index;
}

// A channel of its own: messages of two models that processes use in another order never meet. That of a model which is no
// longer prepared, as long as there is one.
static size_t take_channel(engine_group &group)
{
    constexpr auto custom = c10d::ProcessGroup::BackendType::CUSTOM;
    const size_t index = first_free_channel(group);
    if (index == group.gradients.size()) {
        Channel channel = make_channel(group, "gradients/" + std::to_string(index), 2);
        auto made = c10::make_intrusive<c10d::ProcessGroup>(group.options.rank, group.options.size);
        made->setBackend(c10::DeviceType::CPU, custom, channel.host);
        if (channel.device)
            made->setBackend(c10::DeviceType::CUDA, c10d::ProcessGroup::BackendType::NCCL, channel.device);
        made->setDefaultBackend(custom);
        group.gradients.push_back({std::move(channel), std::move(made), false});
    }
    group.gradients[index].taken = true;
    return index;
}

extern "C" engine_channel engine_group_next_channel(engine_group *group)
{
    return guard(__func__, engine_channel{}, [&] {
        const size_t index = first_free_channel(*group);
        const bool made = index < group->gradients.size();
        return engine_channel{index, made ? group->gradients[index].channel.issued() : 0};
    });
}

// As DistributedDataParallel, but that the first backward overlaps, too, where nobody sees it: its messages follow the order of
// the parameters, the later ones' the order in which gradients came.
static std::unique_ptr<Averager> make_reducer(const engine_reducer &r, const engine_reducer_options &options,
                                              const std::vector<at::Tensor> &parameters)
{
    std::vector<size_t> sizes{options.first_bucket_bytes, options.bucket_bytes};
    if (options.static_graph || (options.hook && !options.find_unused_parameters))
        sizes.assign(1, std::numeric_limits<size_t>::max());
    const std::vector<bool> sparse(parameters.size(), false);
    auto buckets = std::get<0>(c10d::compute_bucket_assignment_by_size(parameters, sizes, sparse));
    std::reverse(buckets.begin(), buckets.end());
    auto made = std::make_unique<Averager>(
        parameters, std::move(buckets), r.channel, sparse, static_cast<int64_t>(options.bucket_bytes),
        options.find_unused_parameters, options.gradient_as_bucket_view,
        std::unordered_map<size_t, std::string>(), static_cast<int64_t>(options.first_bucket_bytes),
        /*skip_all_reduce_unused_params=*/false,
        /*use_python_reducer=*/false, /*bucket_bytes_cap_list=*/std::vector<int64_t>());
    if (options.static_graph)
        made->set_static_graph();
    if (options.hook)
        made->register_comm_hook(std::make_unique<Call>(made.get(), options, r.beginner));
    else if (options.compresses)
        made->register_comm_hook(std::make_unique<Compression>(r.channel, options.compressed));
    return made;
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
                                   [&] { return new engine_reducer(*group, take_channel(*group)); });
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
    r.reducer = make_reducer(r, given.options, parameters);
    r.learning = given.options.static_graph;
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

extern "C" accel_status engine_reducer_all_reduce(engine_reducer *reducer, const char *call,
                                                  accel_tensor *tensor)
{
    return guard_status(call, [&] {
        std::vector<at::Tensor> tensors{tensor_of(tensor)};
        reducer->channel->allreduce(tensors)->wait();
    });
}

extern "C" void engine_reducer_free(engine_reducer *reducer)
{
    guard_status(__func__, [&] { delete reducer; });
}

extern "C" void engine_reducer_set_averaging(engine_reducer *reducer, bool averaging)
{
    guard_status(__func__, [&] { reducer->averaging = averaging; });
}

// A loss that is a parameter itself has no operation where the search for what it reaches could start.
extern "C" accel_status engine_reducer_set_loss(engine_reducer *reducer, accel_tensor *loss)
{
    return guard_status("accelerator_backward", [&] {
        const at::AutoGradMode recorded(true);
        reducer->ended = false;
        reducer->beginner = std::this_thread::get_id();
        reducer->loss = !loss                       ? at::Tensor()
                        : tensor_of(loss).is_leaf() ? tensor_of(loss).alias()
                                                    : tensor_of(loss);
    });
}

// The engine lets a reducer wait at the end of a backward pass only: this is one of nothing.
extern "C" accel_status engine_reducer_follow(engine_reducer *reducer, const char *call)
{
    return guard_status(call, [&] {
        const at::AutoGradMode recorded(true);
        // On the thread that a pass would run its hooks on.
        const at::Tensor start = at::zeros({}, reducer->parameters[0].device()).set_requires_grad(true);
        start.register_hook([reducer](const at::Tensor &) { reducer->follow(); });
        reducer->ended = false;
        reducer->beginner = std::this_thread::get_id();
        torch::autograd::backward({start.alias()}, {});
        reducer->ended = false;
    });
}

extern "C" bool engine_reducer_has_held(engine_reducer *reducer)
{
    return guard(__func__, false, [&] { return reducer->held; });
}

extern "C" bool engine_reducer_is_complete(engine_reducer *reducer)
{
    return guard(__func__, false, [&] { return reducer->reached_count == 0; });
}

extern "C" bool engine_reducer_has_reached(engine_reducer *reducer, size_t index)
{
    return guard(__func__, false, [&] { return static_cast<bool>(reducer->reached[index]); });
}
