/**
 * Which process does what.
 *
 *     accelerator_on_main_process(acc) {
 *         accel_save(…);
 *     }
 *     accelerator_main_process_first(acc) {
 *         download_what_all_need();
 *     }
 *
 * The first kind of block runs in some processes and is skipped in the others: nothing collective belongs into it. Where a failure
 * is recorded both kinds are skipped.
 *
 * Source: accelerate.PartialState.
 */
#ifndef ACCEL_PROCESS_H
#define ACCEL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include <accel/accelerator.h>

ACCEL_BEGIN_DECLS

/* ---- who ---- */

/** Whether this is the last process of all, the one with that index, or the one with that index on its machine. False on
    failure; ACCEL_EINVAL for a negative index. One that does not exist is nobody's. */
ACCEL_API bool accelerator_is_last_process(accelerator *acc);
ACCEL_API bool accelerator_is_process(accelerator *acc, int index);
ACCEL_API bool accelerator_is_local_process(accelerator *acc, int index);

/** Blocks for the first process of all, the first of each machine, the last of all, and the ones with those indices. Source:
    Accelerator.on_main_process and its like. */
#define accelerator_on_main_process(acc) ACCEL_IF_BLOCK(accelerator_is_main_process(acc))
#define accelerator_on_local_main_process(acc) ACCEL_IF_BLOCK(accelerator_is_local_main_process(acc))
#define accelerator_on_last_process(acc) ACCEL_IF_BLOCK(accelerator_is_last_process(acc))
#define accelerator_on_process(acc, index) ACCEL_IF_BLOCK(accelerator_is_process(acc, index))
#define accelerator_on_local_process(acc, index) ACCEL_IF_BLOCK(accelerator_is_local_process(acc, index))

/* A block that runs where `condition` holds and nothing has failed; `break` leaves it, as it leaves every block. */
#define ACCEL_IF_BLOCK(condition) ACCEL_IF_BLOCK_(ACCEL_UNIQUE(accel_block_), condition)
#define ACCEL_IF_BLOCK_(b, condition) for (bool b = (condition) && !accel_error_is_set(); b; b = false)

/** The same for a function: what it returns, or ACCEL_OK where it is not called. */
typedef accel_status accelerator_function(void *user);
ACCEL_API accel_status accelerator_call_on_main_process(accelerator *acc, accelerator_function *function,
                                                        void *user);
ACCEL_API accel_status accelerator_call_on_local_main_process(accelerator *acc, accelerator_function *function,
                                                              void *user);
ACCEL_API accel_status accelerator_call_on_last_process(accelerator *acc, accelerator_function *function,
                                                        void *user);
ACCEL_API accel_status accelerator_call_on_process(accelerator *acc, int index, accelerator_function *function,
                                                   void *user);
ACCEL_API accel_status accelerator_call_on_local_process(accelerator *acc, int index,
                                                         accelerator_function *function, void *user);

/* ---- in which order ---- */

/** The state of a block that some process runs first. */
typedef struct accelerator_first_block {
    bool open, first;
    accelerator *acc;
    const char *call;
} accelerator_first_block;

/** A block that the first process of all, or the first of each machine, runs before the others, which wait for it. Collective.
    Source: Accelerator.main_process_first, local_main_process_first. */
#define accelerator_main_process_first(acc)                                                                    \
    ACCEL_BLOCK(accelerator_first_block, accelerator_main_process_first_begin(acc),                            \
                accelerator_process_first_end)
#define accelerator_local_main_process_first(acc)                                                              \
    ACCEL_BLOCK(accelerator_first_block, accelerator_local_main_process_first_begin(acc),                      \
                accelerator_process_first_end)

ACCEL_API accelerator_first_block accelerator_main_process_first_begin(accelerator *acc);
ACCEL_API accelerator_first_block accelerator_local_main_process_first_begin(accelerator *acc);
ACCEL_API void accelerator_process_first_end(accelerator_first_block *block);

/* ---- shares of work ---- */

/** This process's part of `count` things in a row: from *begin, until *end. The first processes have one more where they
    cannot all have as many. Source: Accelerator.split_between_processes. */
ACCEL_API accel_status accelerator_split_range(accelerator *acc, int64_t count, int64_t *begin, int64_t *end);

typedef struct accelerator_split_options {
    size_t struct_size;
    bool
        apply_padding; /**< the last row again where a process has one less than the first, so that all have as many */
} accelerator_split_options;
#define ACCELERATOR_SPLIT_DEFAULTS() .struct_size = sizeof(accelerator_split_options), .apply_padding = false

/** This process's rows of a tensor (N, …) that all processes have: new, sharing storage without padding. For a dict of such
    tensors, all with N rows: new. Source: Accelerator.split_between_processes. */
ACCEL_API accel_tensor *accelerator_split_tensor_with(accelerator *acc, accel_tensor *tensor,
                                                      const accelerator_split_options *options);
ACCEL_API accel_dict *accelerator_split_dict_with(accelerator *acc, accel_dict *dict,
                                                  const accelerator_split_options *options);
ACCEL_API accelerator_split_options accelerator_split_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_tensor *, accelerator_split_tensor, accelerator *, accel_tensor *,
                  accelerator_split_options)
ACCEL_OVERLOADS_2(accel_dict *, accelerator_split_dict, accelerator *, accel_dict *, accelerator_split_options)
#else
#define accelerator_split_tensor(...)                                                                          \
    ACCEL_CALL_2(accelerator_split_tensor_with, accelerator_split_options, ACCELERATOR_SPLIT_DEFAULTS,         \
                 __VA_ARGS__)
#define accelerator_split_dict(...)                                                                            \
    ACCEL_CALL_2(accelerator_split_dict_with, accelerator_split_options, ACCELERATOR_SPLIT_DEFAULTS,           \
                 __VA_ARGS__)
#endif

/* ---- a word to all ---- */

/** Sets a mark in this process. Source: Accelerator.set_trigger. */
ACCEL_API accel_status accelerator_set_trigger(accelerator *acc);

/** Whether some process has set its mark since this was last asked; takes all marks away. False on failure. Collective. Source:
    Accelerator.check_trigger. */
ACCEL_API bool accelerator_check_trigger(accelerator *acc);

ACCEL_END_DECLS

#endif
