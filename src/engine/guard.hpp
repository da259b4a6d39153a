// The border of the room: what every extern "C" function does first.
#pragma once

#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <c10/util/Exception.h>

#include "engine/engine.h"

// Routes the engine's warnings of this thread to the log. Warnings are per thread there.
void engine_route_warnings();

// The allocator of the CPU, and the libraries of GPUs, throw the class of any other refusal.
inline bool is_out_of_memory(const char *what)
{
    for (const char *sign :
         {"DefaultCPUAllocator", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED",
          "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED", "CUDNN_STATUS_ALLOC_FAILED"})
        if (std::strstr(what, sign))
            return true;
    return false;
}

// A failure of this room's own, on its way through the engine; `name`: of the call that failed, where that is another one
// than records it.
struct engine_failure : std::runtime_error {
    engine_failure(accel_status code, const std::string &message, std::string name = "")
        : std::runtime_error(message), status(code), call(std::move(name))
    {
    }
    accel_status status;
    std::string call;
};

// A call into this room, on this thread. Threads of the engine's own are in none, and nobody looks at what they record.
class Entry
{
  public:
    Entry() { depth++; }
    ~Entry() { depth--; }
    Entry(const Entry &) = delete;
    Entry &operator=(const Entry &) = delete;
    static bool is_open() { return depth > 0; }

  private:
    static inline thread_local int depth = 0;
};

// Records the exception in flight under `call`.
inline accel_status record_exception(const char *call) noexcept
{
    try {
        throw;
    } catch (const engine_failure &e) {
        return accel_error_raise(e.status, e.call.empty() ? call : e.call.c_str(), "%s", e.what());
    } catch (const c10::OutOfMemoryError &e) {
        return accel_error_raise(ACCEL_ENOMEM, call, "%s", e.what_without_backtrace());
    } catch (const c10::IndexError &e) {
        return accel_error_raise(ACCEL_EINVAL, call, "%s", e.what_without_backtrace());
    } catch (const c10::ValueError &e) {
        return accel_error_raise(ACCEL_EINVAL, call, "%s", e.what_without_backtrace());
    } catch (const c10::TypeError &e) {
        return accel_error_raise(ACCEL_EINVAL, call, "%s", e.what_without_backtrace());
    } catch (const c10::NotImplementedError &e) {
        return accel_error_raise(ACCEL_EUNSUPPORTED, call, "%s", e.what_without_backtrace());
    } catch (const c10::DistError &e) {
        const char *what = e.what_without_backtrace();
        return accel_error_raise(is_out_of_memory(what) ? ACCEL_ENOMEM : ACCEL_EPEER, call, "%s", what);
    } catch (const c10::Error &e) {
        const char *what = e.what_without_backtrace();
        return accel_error_raise(is_out_of_memory(what) ? ACCEL_ENOMEM : ACCEL_EENGINE, call, "%s", what);
    } catch (const std::bad_alloc &) {
        return accel_error_raise(ACCEL_ENOMEM, call, "no memory");
    } catch (const std::exception &e) {
        return accel_error_raise(ACCEL_EENGINE, call, "%s", e.what());
    } catch (...) {
        return accel_error_raise(ACCEL_EENGINE, call, "an exception of unknown kind");
    }
}

// Runs `body` and gives what it returns, or `failed` with the exception recorded.
template <class Result, class Body> Result guard(const char *call, Result failed, Body &&body) noexcept
{
    const Entry entry;
    try {
        engine_route_warnings();
        return std::forward<Body>(body)();
    } catch (...) {
        record_exception(call);
        return failed;
    }
}

// The same for a body that returns nothing.
template <class Body> accel_status guard_status(const char *call, Body &&body) noexcept
{
    const Entry entry;
    try {
        engine_route_warnings();
        std::forward<Body>(body)();
        return ACCEL_OK;
    } catch (...) {
        return record_exception(call);
    }
}
