#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

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

void clock_set_for_test(double seconds) { atomic_store_explicit(&held, seconds, memory_order_relaxed); }
