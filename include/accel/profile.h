/**
 * Where time goes: a trace of every operation, and of the loop's own phases.
 *
 *     accelerator_profile(acc, .output_trace_dir = "trace") {
 *         accel_for_each (batch, train) { … }
 *     }
 *     accelerator_profile_print(acc, stdout, 20);
 *
 * A trace is a Chrome trace, for chrome://tracing, Perfetto and TensorBoard. Beside the engine's operations it has the phases load (waiting
 * for a batch), forward with the modules in it, backward, step, and sync for each call of all processes; "sync: all_reduce" and its like
 * are what is on its way between processes, gradients during a backward pass, too. What a loader's own threads do is not in it.
 *
 * Of ProfileKwargs, activities has no counterpart: the CPU is always in it, and GPUs where there are any. Nor have with_stack and
 * with_modules, which record lines of Python; the modules of a forward are there as phases.
 *
 * Source: Accelerator.profile, torch.profiler.
 */
#ifndef ACCEL_PROFILE_H
#define ACCEL_PROFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <accel/accelerator.h>

ACCEL_BEGIN_DECLS

/** Called when a trace is complete; `path` is NULL where none is written. It must not begin, step or end a profile of its
    accelerator, nor call accelerator_finish; accelerator_profile_print is fine. */
typedef void accelerator_trace_function(accelerator *acc, const char *path, void *user);

typedef struct accelerator_profile_options {
    size_t struct_size;
    const char *output_trace_dir; /**< where profile_RANK.json is written, made if missing; NULL: nowhere */
    bool record_shapes, profile_memory, with_flops;

    /** Steps, as accelerator_profile_step counts them: leave out `skip_first`, then in cycles leave out `wait` and `warmup` and
        profile `active`, `repeat` times, 0: to the end. Each cycle's trace is profile_RANK_CYCLE.json then, from 0. `active` 0:
        the whole block is one trace. */
    int64_t skip_first, wait, warmup, active, repeat;

    accelerator_trace_function *on_trace_ready; /**< NULL: nothing */
    void *user;                                 /**< borrowed for the block */
} accelerator_profile_options;
#define ACCELERATOR_PROFILE_DEFAULTS()                                                                         \
    .struct_size = sizeof(accelerator_profile_options), .output_trace_dir = NULL, .record_shapes = false,      \
    .profile_memory = false, .with_flops = false, .skip_first = 0, .wait = 0, .warmup = 0, .active = 0,        \
    .repeat = 0, .on_trace_ready = NULL, .user = NULL

/** The state of an accelerator_profile block. */
typedef struct accelerator_profile_block {
    bool open, profiles;
    accelerator *acc;
} accelerator_profile_block;

/** A block that is profiled in this process, one at a time. Its trace is complete at its end, also after a failure, or when
    accelerator_finish is called in it; nobody waits for other processes there. */
#define accelerator_profile(...)                                                                               \
    ACCEL_BLOCK(accelerator_profile_block, accelerator_profile_begin(__VA_ARGS__), accelerator_profile_end)

ACCEL_API accelerator_profile_block accelerator_profile_begin_with(accelerator *acc,
                                                                   const accelerator_profile_options *options);
ACCEL_API accelerator_profile_options accelerator_profile_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_1(accelerator_profile_block, accelerator_profile_begin, accelerator *,
                  accelerator_profile_options)
#else
#define accelerator_profile_begin(...)                                                                         \
    ACCEL_CALL_1(accelerator_profile_begin_with, accelerator_profile_options, ACCELERATOR_PROFILE_DEFAULTS,    \
                 __VA_ARGS__)
#endif
ACCEL_API void accelerator_profile_end(accelerator_profile_block *block);

/** A step of the profiled loop has ended. */
ACCEL_API accel_status accelerator_profile_step(accelerator *acc);

/** Prints the operations and phases of the last complete trace that took most time by themselves, `rows` of them,
    ≥ 0, and flushes the stream. Source: key_averages().table(). */
ACCEL_API accel_status accelerator_profile_print(accelerator *acc, FILE *stream, int rows);

ACCEL_END_DECLS

#endif
