#include "engine/store.hpp"

#include <cstdio>
#include <cstdlib>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <c10/util/Logging.h>

#include "engine/group.h"
#include "engine/guard.hpp"

// What goes wrong becomes our record. The engine would tell standard error as well, at length, unless it is asked to by
// name.
static void silence_engine()
{
    if (!std::getenv("TORCH_CPP_LOG_LEVEL"))
        FLAGS_caffe2_log_level = c10::GLOG_FATAL;
}

static c10::intrusive_ptr<c10d::Store> open_store(const engine_store_options &options)
{
    c10d::TCPStoreOptions tcp;
    tcp.port = static_cast<std::uint16_t>(options.port);
    tcp.isServer = options.serves;
    tcp.waitWorkers = false;
    tcp.timeout = std::chrono::milliseconds(options.timeout_ms);
    if (options.listen_fd >= 0)
        tcp.masterListenFd = options.listen_fd;
    auto store = c10::make_intrusive<c10d::TCPStore>(options.host, tcp);
    if (!*options.prefix)
        return store;
    return c10::make_intrusive<c10d::PrefixStore>(options.prefix, store);
}

extern "C" engine_store *engine_store_open(const engine_store_options *options)
{
    return guard<engine_store *>("accelerator_create", nullptr, [&] {
        silence_engine();
        return new engine_store{open_store(*options)};
    });
}

extern "C" engine_store *engine_store_part(engine_store *store, const char *prefix)
{
    return guard<engine_store *>("accelerator_create", nullptr, [&] {
        return new engine_store{c10::make_intrusive<c10d::PrefixStore>(prefix, store->store)};
    });
}

extern "C" void engine_store_free(engine_store *store)
{
    guard_status(__func__, [&] { delete store; });
}

extern "C" void engine_store_set_timeout(engine_store *store, int64_t timeout_ms)
{
    guard_status(__func__, [&] { store->store->setTimeout(std::chrono::milliseconds(timeout_ms)); });
}

extern "C" accel_status engine_store_set(engine_store *store, const char *name, const char *value)
{
    return guard_status("accelerator_create", [&] { store->store->set(name, std::string(value)); });
}

extern "C" accel_status engine_store_get(engine_store *store, const char *name, char *value, size_t capacity)
{
    return guard_status("accelerator_create", [&] {
        const std::string found = store->store->get_to_str(name);
        std::snprintf(value, capacity, "%s", found.c_str());
    });
}
