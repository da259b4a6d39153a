#include "base/clock.h"

#include <stdatomic.h>
#include <stdint.h>

static _Atomic double held = -1;

double clock_seconds(void)
{
    double seconds = atomic_load_explicit(&held, memory_order_relaxed);
    if (seconds >= 0)
        return seconds;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct timespec clock_after(double seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    double whole = (double)(int64_t)seconds;
    until.tv_sec += (time_t)whole;
    until.tv_nsec += (long)((seconds - whole) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

int clock_milliseconds_until(double deadline)
{
    double left = deadline - clock_seconds();
    return left <= 0 ? 0 : left > 3600 ? 3600000 : (int)(left * 1000) + 1;
}

void clock_set_for_test(double seconds) { atomic_store_explicit(&held, seconds, memory_order_relaxed); }
