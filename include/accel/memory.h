/**
 * Fitting into memory.
 *
 *     accelerator_find_executable_batch_size (acc, batch_size, 128) {
 *         accelerator_free_memory(acc);
 *         accel_loader *train = accel_loader_create(dataset, .batch_size = batch_size);
 *         …                                        // make the model, prepare, train
 *     }
 *
 * Source: accelerate.utils.memory.
 */
#ifndef ACCEL_MEMORY_H
#define ACCEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/accelerator.h>

ACCEL_BEGIN_DECLS

/** Forgets everything that was prepared and the micro-batches of a step that has not taken place, and gives freed memory back
    to the system. Optimizers, schedulers and loaders act as before prepare, a loop over a loader that process 0 reads for all
    ends, and all of them can be prepared again; gradients stay. Modules stay on their device; batches of loaders are on the CPU
    again. Handles end with accel_free or their scope, as always. In all processes alike; process 0 waits until the others have
    what it has read for them. Source: Accelerator.free_memory. */
ACCEL_API accel_status accelerator_free_memory(accelerator *acc);

/* ---- the largest batch that fits ---- */

typedef struct accelerator_batch_size_options {
    size_t struct_size;
    int64_t (*reduce)(int64_t batch_size,
                      void *user); /**< the next one to try; NULL: nine tenths, rounded down. It must
                                       not call accelerator_finish */
    void *user;                    /**< borrowed for the block */
} accelerator_batch_size_options;
#define ACCELERATOR_BATCH_SIZE_DEFAULTS()                                                                      \
    .struct_size = sizeof(accelerator_batch_size_options), .reduce = NULL, .user = NULL

/** The state of an accelerator_find_executable_batch_size block. */
typedef struct accelerator_batch_size_search {
    int64_t batch_size; /* of the run under way */
    bool running;       /* the block has not reached its end */
    accelerator_batch_size_options options;
    accelerator *acc;
    accel_scope *scope; /* of what the run makes; NULL: none is under way */
    bool begun;
} accelerator_batch_size_search;

/** A block that is run again with a smaller batch size as long as memory runs out in it. `name` is an int64_t that the block
    declares; in the first run it is `starting_batch_size`. Where some process fails in a run with ACCEL_ENOMEM, what the run made or
    prepared ends, the failure is forgotten, and the next run begins; where that would need a batch size below 1, the block ends
    with ACCEL_ENOMEM on record. Any other failure ends it and stays on record. After a run that fits, its handles belong to the
    scope around the block. `break` ends a run like its last line.

    accelerator_find_executable_batch_size (acc, batch_size, 128, .reduce = halve) { … }

    Random numbers and what the program itself keeps are as the failed run left them: begin with accel_set_seed. With several
    processes, models that train in the block are prepared in it: whose memory ran out takes the group with it, and all
    processes meet again for the next run, up to the accelerator's timeout. Collective.

    Source: find_executable_batch_size, where the other processes wait for ever. */
#define accelerator_find_executable_batch_size(acc, name, ...)                                                 \
    ACCEL_BATCH_SIZES_(ACCEL_UNIQUE(accel_block_), name, accelerator_batch_size_search_begin(acc, __VA_ARGS__))
#define ACCEL_BATCH_SIZES_(s, name, begin)                                                                     \
    for (__attribute__((cleanup(accelerator_batch_size_search_end))) accelerator_batch_size_search s = begin;  \
         accelerator_batch_size_search_next(&s);)                                                              \
        for (int64_t name = s.batch_size; s.running; s.running = false)

ACCEL_API accelerator_batch_size_search accelerator_batch_size_search_begin_with(
    accelerator *acc, int64_t starting_batch_size, const accelerator_batch_size_options *options);
ACCEL_API accelerator_batch_size_options accelerator_batch_size_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accelerator_batch_size_search, accelerator_batch_size_search_begin, accelerator *, int64_t,
                  accelerator_batch_size_options)
#else
#define accelerator_batch_size_search_begin(...)                                                               \
    ACCEL_CALL_2(accelerator_batch_size_search_begin_with, accelerator_batch_size_options,                     \
                 ACCELERATOR_BATCH_SIZE_DEFAULTS, __VA_ARGS__)
#endif

/** Judges the run that has ended, and begins one with `batch_size` when there is one to come. */
ACCEL_API bool accelerator_batch_size_search_next(accelerator_batch_size_search *search);
ACCEL_API void accelerator_batch_size_search_end(accelerator_batch_size_search *search);

ACCEL_END_DECLS

#endif
