#include "accelerator/process.h"

#include <malloc.h>
#include <sched.h>
#include <stdlib.h>

#include "base/error.h"
#include "engine/engine.h"

static int usable_cores(void)
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

accel_status process_set_threads(int threads, int local_world_size)
{
    const char *chosen = getenv("OMP_NUM_THREADS");
    if (threads == 0 && chosen && *chosen)
        return ACCEL_OK;
    if (threads == 0)
        threads = usable_cores() / local_world_size;
    return engine_set_threads(threads > 0 ? threads : 1);
}

/* Activations and gradients are freed and taken again at every step. By default malloc gives blocks of that size back
   to the system, which then hands out zeroed pages one fault at a time. */
void process_keep_memory(void)
{
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 2147483647);
    mallopt(M_TOP_PAD, 64 << 20);
}
