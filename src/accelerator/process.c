#include "accelerator/process.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>

#include "base/environment.h"
#include "base/error.h"
#include "engine/engine.h"

static int usable_cores(void)
{
    enum { CPUS_MAX = 1 << 16 };
    size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
    cpu_set_t *cores = CPU_ALLOC(CPUS_MAX);
    int count = cores && sched_getaffinity(0, size, cores) == 0 ? CPU_COUNT_S(size, cores) : 1;
    CPU_FREE(cores);
    return count;
}

accel_status process_set_threads(int threads, int local_world_size)
{
    const char *chosen = getenv(ENVIRONMENT_THREADS);
    if (threads == 0 && chosen && *chosen)
        return ACCEL_OK;
    if (threads == 0)
        threads = usable_cores() / local_world_size;
    return engine_set_threads(threads > 0 ? threads : 1);
}

/* Intel's own library is as fast as oneDNN on Intel's processors, and only there. */
static bool is_intel(void)
{
#if defined(__x86_64__)
    unsigned int highest, b, c, d;
    return __get_cpuid(0, &highest, &b, &c, &d) && b == signature_INTEL_ebx && d == signature_INTEL_edx;
#else
    return true;
#endif
}

accel_status process_set_fast_matmul(bool wanted)
{
    bool fast = false;
    if (environment_read_flag("ACCEL_FAST_MATMUL", wanted && !is_intel(), &fast) != ACCEL_OK)
        return accel_error_status();
    return engine_set_fast_matmul(fast);
}

/* Activations and gradients are freed and taken again at every step. By default malloc gives blocks of that size back
   to the system, which then hands out zeroed pages one fault at a time. */
accel_status process_keep_memory(int local_world_size)
{
    if (local_world_size > 1)
        mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 2147483647);
    mallopt(M_TOP_PAD, 64 << 20);
    return engine_keep_memory();
}
