/* What the engine did and when, plain C: a profile of this thread's operations, and of stretches of time that other rooms name. */
#ifndef ACCEL_ENGINE_PROFILER_H
#define ACCEL_ENGINE_PROFILER_H

#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct engine_profile_options {
    bool record_shapes, profile_memory, with_flops;
    int rank, world_size; /* what the trace says of this process */
} engine_profile_options;

/* An operation, or a stretch of time that was named. */
typedef struct engine_profile_event {
    const char *name;
    uint64_t thread;
    int64_t start_ns, duration_ns;
    bool is_async; /* it ended in another thread than it began in */
} engine_profile_event;
typedef void engine_profile_visit(const engine_profile_event *event, void *user);

/* One at a time in a process. */
accel_status engine_profile_start(const engine_profile_options *options);

/* Ends it; shows every event, by its start; writes a Chrome trace to `path`. NULL: none. */
accel_status engine_profile_stop(const char *path, engine_profile_visit *visit, void *user);

bool engine_is_profiling(void);

typedef struct engine_phase engine_phase;

/* Begins a stretch of time under a name, static; NULL where nothing is profiled. */
engine_phase *engine_phase_begin(const char *name);
/* On the same thread; those that began later have ended. NULL does nothing. */
void engine_phase_end(engine_phase *phase);

#ifdef __cplusplus
}
#endif

#endif
