#include "engine/group.hpp"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include <ATen/core/grad_mode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "engine/cell.hpp"
#include "engine/cuda.hpp"
#include "engine/gloo.hpp"
#include "engine/group.h"
#include "engine/guard.hpp"
#include "engine/store.hpp"
#include "engine/transport.hpp"

static c10::intrusive_ptr<CountedBackend> make_device_backend(engine_group &group,
                                                              const c10::intrusive_ptr<c10d::Store> &store)
{
    const engine_group_options &o = group.options;
    if (o.device.type != ACCEL_CUDA)
        return {};
    const auto between_gpus = c10::make_intrusive<c10d::PrefixStore>("cuda", store);
    auto made = cuda_part().make_nccl(between_gpus, o.rank, o.size, o.device.index,
                                      std::chrono::milliseconds(o.timeout_ms));
    return c10::make_intrusive<CountedBackend>(std::move(made), group.watch);
}

static c10::intrusive_ptr<c10d::Backend>
make_host_backend(engine_group &group, const c10::intrusive_ptr<c10d::Store> &store, int threads)
{
    if (!group.options.transport)
        return make_gloo(group.options, store, threads);
    auto made = make_transport(group.options);
    group.watch->watch(made);
    return made;
}

// The transport wraps what ended its waits in words of its own.
Channel make_channel(engine_group &group, const std::string &name, int threads)
{
    auto store = c10::make_intrusive<c10d::PrefixStore>(name, group.store);
    try {
        auto host = c10::make_intrusive<WatchedBackend>(make_host_backend(group, store, threads), group.watch);
        return {std::move(host), make_device_backend(group, store)};
    } catch (...) {
        group.watch->check();
        throw;
    }
}

c10d::Backend &Channel::transport_of(const at::Tensor &tensor) const
{
    if (tensor.is_cpu())
        return *host;
    TORCH_INTERNAL_ASSERT(device, "a tensor on a GPU in a group of CPUs");
    return *device;
}

// A group that failed says so itself: the transport's own threads are not to end the program, unless it asked for that. The
// transport reads this when it connects, on a thread that may not change the environment.
static void set_manners_of_nccl()
{
    const char clean_up_only[] = "2";
    setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", clean_up_only, 0);
    setenv("TORCH_NCCL_ENABLE_MONITORING", "0", 0);
}

static engine_group *make_group(const engine_group_options &options)
{
    auto group = std::make_unique<engine_group>();
    group->address = options.address;
    group->options = options;
    group->options.address = group->address.c_str();
    if (options.interface) {
        group->interface = options.interface;
        group->options.interface = group->interface.c_str();
    }
    if (options.device.type == ACCEL_CUDA)
        set_manners_of_nccl();
    group->store = c10::make_intrusive<WatchedStore>(options.store->store, group->watch);
    return group.release();
}

extern "C" engine_group *engine_group_create(const engine_group_options *options)
{
    return guard<engine_group *>("accelerator_create", nullptr, [&] { return make_group(*options); });
}

// Two transports would wait for each other until the timeout.
static void compare_transports(engine_group &group)
{
    const std::string own = group.options.transport ? group.options.transport->name : "gloo";
    if (group.options.rank == 0)
        return static_cast<c10d::Store &>(*group.store).set("transport", own);
    const auto value = group.store->get("transport");
    const std::string first(value.begin(), value.end());
    if (first != own)
        throw engine_failure(ACCEL_EMISMATCH, "process 0 uses ACCEL_BACKEND=" + first + ", this one " + own);
}

extern "C" accel_status engine_group_connect(engine_group *group)
{
    return guard_status("accelerator_create", [&] {
        compare_transports(*group);
        group->calls = make_channel(*group, "calls", 1);
    });
}

// ---- progress ----

static void begin_call(engine_group &group)
{
    const std::lock_guard<std::mutex> lock(group.progress_mutex);
    group.progress.calls++;
    group.progress.last = 0;
}

void begin_round(engine_group &group, size_t reducer)
{
    const std::lock_guard<std::mutex> lock(group.progress_mutex);
    group.progress.last = static_cast<int>(reducer) + 1;
    if (reducer < ENGINE_REDUCERS) {
        group.progress.reducers[reducer].rounds++;
        group.progress.reducers[reducer].calls = group.progress.calls;
    }
}

static engine_progress look(engine_group &group)
{
    const std::lock_guard<std::mutex> lock(group.progress_mutex);
    group.progress.waits = group.watch->is_busy();
    return group.progress;
}

extern "C" engine_progress engine_group_progress(engine_group *group)
{
    return guard(__func__, engine_progress{}, [&] { return look(*group); });
}

extern "C" void engine_group_forget_completed(engine_group *group)
{
    guard_status(__func__, [&] { group->watch->forget_completed(); });
}

// ---- life ----

// Ending a transport waits for its threads, which may be waiting for ever: a group that failed, or is not done, is kept
// instead.
static void keep(engine_group *group)
{
    static auto &kept = *new std::vector<engine_group *>;
    kept.push_back(group);
}

extern "C" void engine_group_free(engine_group *group)
{
    guard_status(__func__, [&] {
        if (group && group->watch->is_busy())
            keep(group);
        else
            delete group;
    });
}

extern "C" void engine_group_abort(engine_group *group, accel_status status, const char *message)
{
    guard_status(__func__, [&] { group->watch->abort(status, message); });
}

extern "C" void engine_group_limit(engine_group *group, uint64_t number, accel_status status,
                                   const char *message)
{
    guard_status(__func__, [&] { group->watch->limit(number, status, message); });
}

extern "C" uint64_t engine_group_issued(engine_group *group)
{
    return guard<uint64_t>(__func__, 0, [&] { return group->watch->issued(); });
}

// Between GPUs an operation is complete when what was queued there is; one that was ended meanwhile looks as if it were.
static void finish(engine_group &group, const at::Tensor &tensor, const c10::intrusive_ptr<c10d::Work> &work)
{
    work->wait();
    if (tensor.is_cpu())
        return;
    const c10::impl::VirtualGuardImpl gpu(tensor.device().type());
    gpu.synchronizeStream(gpu.getStream(tensor.device()));
    group.watch->check();
    if (const auto reason = reason_given_up(*work))
        std::rethrow_exception(reason);
}

extern "C" accel_status engine_all_gather(engine_group *group, const char *call, accel_tensor *out,
                                          accel_tensor *in)
{
    return guard_status(call, [&] {
        const at::NoGradGuard no_grad;
        at::Tensor &result = tensor_of(out);
        begin_call(*group);
        finish(*group, result, group->calls.transport_of(result)._allgather_base(result, tensor_of(in)));
    });
}

extern "C" accel_status engine_exchange(engine_group *group, const char *call, accel_tensor *out,
                                        accel_tensor *in)
{
    return guard_status(call, [&] {
        const at::NoGradGuard no_grad;
        at::Tensor &result = tensor_of(out);
        begin_call(*group);
        if (group->options.transport)
            finish(*group, result, group->calls.host->_allgather_base(result, tensor_of(in)));
        else
            group->calls.host->exchange(result.chunk(group->options.size), tensor_of(in));
    });
}

extern "C" accel_status engine_all_reduce(engine_group *group, const char *call, accel_tensor *tensor)
{
    return guard_status(call, [&] {
        const at::NoGradGuard no_grad;
        std::vector<at::Tensor> tensors{tensor_of(tensor)};
        begin_call(*group);
        finish(*group, tensors[0], group->calls.transport_of(tensors[0]).allreduce(tensors));
    });
}

extern "C" accel_status engine_broadcast(engine_group *group, const char *call, accel_tensor *tensor, int root)
{
    return guard_status(call, [&] {
        const at::NoGradGuard no_grad;
        std::vector<at::Tensor> tensors{tensor_of(tensor)};
        c10d::BroadcastOptions options;
        options.rootRank = root;
        begin_call(*group);
        finish(*group, tensors[0], group->calls.transport_of(tensors[0]).broadcast(tensors, options));
    });
}
