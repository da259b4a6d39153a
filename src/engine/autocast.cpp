#include "engine/autocast.h"

#include <ATen/autocast_mode.h>

#include "engine/guard.hpp"

static at::DeviceType type_of(const engine_autocast &a)
{
    return a.device == ACCEL_CUDA ? at::kCUDA : at::kCPU;
}

static engine_autocast current(accel_device_type device)
{
    engine_autocast now{false, ACCEL_BFLOAT16, at::autocast::is_autocast_cache_enabled(), device};
    now.enabled = at::autocast::is_autocast_enabled(type_of(now));
    now.dtype = static_cast<accel_dtype>(at::autocast::get_autocast_dtype(type_of(now)));
    return now;
}

static void set(const engine_autocast &to)
{
    at::autocast::set_autocast_enabled(type_of(to), to.enabled);
    at::autocast::set_autocast_dtype(type_of(to), static_cast<at::ScalarType>(to.dtype));
    at::autocast::set_autocast_cache_enabled(to.cache);
}

extern "C" accel_status engine_autocast_enter(const engine_autocast *to, engine_autocast *before)
{
    return guard_status("accelerator_autocast", [&] {
        *before = current(to->device);
        set(*to);
        at::autocast::increment_nesting();
    });
}

extern "C" void engine_autocast_leave(const engine_autocast *before)
{
    guard_status(__func__, [&] {
        if (at::autocast::decrement_nesting() == 0)
            at::autocast::clear_cache();
        set(*before);
    });
}

extern "C" bool engine_autocast_is_enabled(void)
{
    return guard(__func__, false, [&] {
        return at::autocast::is_autocast_enabled(at::kCPU) || at::autocast::is_autocast_enabled(at::kCUDA);
    });
}

extern "C" void engine_autocast_forget(void)
{
    guard_status(__func__, [&] { at::autocast::clear_cache(); });
}
