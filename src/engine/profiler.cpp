#include "engine/profiler.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>

#include <dlfcn.h>

#include <torch/csrc/autograd/profiler_kineto.h>

#include "engine/guard.hpp"
#include "engine/profiler.hpp"

// Of kineto_shim.h, which wants headers that libtorch does not bring.
namespace torch::autograd::profiler
{
TORCH_API void addMetadataJson(const std::string &key, const std::string &value);
}

namespace profiler = torch::autograd::profiler;
using torch::profiler::impl::ActivityType;
using torch::profiler::impl::ProfilerConfig;
using torch::profiler::impl::ProfilerState;

struct engine_phase {
    at::RecordFunction record{at::RecordScope::USER_SCOPE};
};

static std::atomic<bool> profiling{false};

// A profile ends while no other thread ends an event of it.
static std::mutex end_mutex;
static uint64_t profiles; // begun so far

// The engine's tracer writes two lines about itself to standard error, unless the environment sets its level. No header has the
// variable, and no function sets it later.
static void silence_tracer()
{
    constexpr int above_all = 99;
    if (std::getenv("KINETO_LOG_LEVEL"))
        return;
    if (void *level = dlsym(RTLD_DEFAULT, "_ZN9libkineto6Logger14severityLevel_E"))
        static_cast<std::atomic<int> *>(level)->store(above_all);
}

static void start(const engine_profile_options &o)
{
    const std::set<ActivityType> activities{ActivityType::CPU, ActivityType::CUDA};
    const ProfilerConfig config(ProfilerState::KINETO, o.record_shapes, o.profile_memory, /*with_stack=*/false,
                                o.with_flops);
    if (profiling.exchange(true))
        throw engine_failure(ACCEL_EINVAL, "a profile is being taken already");
    try {
        profiler::prepareProfiler(config, activities); // which sets its level
        silence_tracer();
        profiler::addMetadataJson("distributedInfo", "{\"rank\": " + std::to_string(o.rank) +
                                                         ", \"world_size\": " + std::to_string(o.world_size) +
                                                         "}");
        profiler::enableProfiler(config, activities);
        const std::lock_guard<std::mutex> lock(end_mutex);
        profiles++;
    } catch (...) {
        profiling = false;
        throw;
    }
}

extern "C" accel_status engine_profile_start(const engine_profile_options *options)
{
    return guard_status("accelerator_profile", [&] { start(*options); });
}

static void show(const profiler::ProfilerResult &result, engine_profile_visit *visit, void *user)
{
    std::vector<const profiler::KinetoEvent *> events;
    for (const auto &event : result.events())
        if (event.deviceType() == c10::DeviceType::CPU && !event.isHiddenEvent())
            events.push_back(&event);
    std::stable_sort(events.begin(), events.end(),
                     [](const auto *a, const auto *b) { return a->startNs() < b->startNs(); });
    for (const auto *event : events) {
        const std::string name = event->name();
        const engine_profile_event shown{name.c_str(), event->startThreadId(),
                                         static_cast<int64_t>(event->startNs()),
                                         static_cast<int64_t>(event->durationNs()), event->isAsync()};
        visit(&shown, user);
    }
}

extern "C" accel_status engine_profile_stop(const char *path, engine_profile_visit *visit, void *user)
{
    return guard_status("accelerator_profile", [&] {
        std::unique_ptr<profiler::ProfilerResult> result;
        {
            const std::lock_guard<std::mutex> lock(end_mutex);
            profiling = false;
            result = profiler::disableProfiler();
        }
        show(*result, visit, user);
        if (path)
            result->save(path);
    });
}

extern "C" bool engine_is_profiling(void)
{
    return guard(__func__, false, [&] { return profiling.load(std::memory_order_relaxed); });
}

extern "C" engine_phase *engine_phase_begin(const char *name)
{
    return guard<engine_phase *>(__func__, nullptr, [&]() -> engine_phase * {
        if (!profiling.load(std::memory_order_relaxed))
            return nullptr;
        auto phase = std::make_unique<engine_phase>();
        phase->record.before(name);
        return phase.release();
    });
}

extern "C" void engine_phase_end(engine_phase *phase)
{
    guard_status(__func__, [&] { delete phase; });
}

AsyncPhase::AsyncPhase(const char *name)
{
    if (!profiling.load(std::memory_order_relaxed))
        return;
    const std::lock_guard<std::mutex> lock(end_mutex);
    record_ = std::make_unique<at::RecordFunction>(at::RecordScope::USER_SCOPE);
    profile_ = profiles;
    record_->before(name);
    record_->_setAsync();
}

void AsyncPhase::end()
{
    if (!record_)
        return;
    const std::lock_guard<std::mutex> lock(end_mutex);
    if (!profiling || profile_ != profiles)
        (void)record_.release(); // its end would be written into what is no more
    record_.reset();
}
