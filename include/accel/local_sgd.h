/**
 * Local SGD: every process trains by itself, and now and then they take the mean of their parameters.
 *
 *     accelerator_local_sgd(acc, model, .local_sgd_steps = 8) {
 *         accel_for_each (batch, train) {
 *             …                                        // forward, backward, step
 *             accelerator_local_sgd_step(acc, model);
 *         }
 *     }
 *
 * Source: accelerate.local_sgd; Stich: Local SGD Converges Fast and Communicates Little (https://arxiv.org/abs/1805.09767).
 */
#ifndef ACCEL_LOCAL_SGD_H
#define ACCEL_LOCAL_SGD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/accelerator.h>

ACCEL_BEGIN_DECLS

typedef struct accelerator_local_sgd_options {
    size_t struct_size;
    int64_t local_sgd_steps; /**< from one mean of the parameters to the next, > 0 */
    bool enabled; /**< false: the block changes nothing, and accelerator_local_sgd_step does nothing */
} accelerator_local_sgd_options;
#define ACCELERATOR_LOCAL_SGD_DEFAULTS()                                                                       \
    .struct_size = sizeof(accelerator_local_sgd_options), .local_sgd_steps = 8, .enabled = true

/** The state of an accelerator_local_sgd block. */
typedef struct accelerator_local_sgd_block {
    bool open;
    accelerator *acc;
    accel_module *model; /* NULL: there is nothing to end */
} accelerator_local_sgd_block;

/** A block in which gradients of a prepared model, and its buffers, stay each process's own. At its end, however it is left,
    parameters become their mean over the processes. In one process it changes nothing. All processes enter and leave it
    together, and none of them within accelerator_join_uneven_inputs: collective at its end. Source: LocalSGD. */
#define accelerator_local_sgd(acc, ...)                                                                        \
    ACCEL_BLOCK(accelerator_local_sgd_block, accelerator_local_sgd_begin(acc, __VA_ARGS__),                    \
                accelerator_local_sgd_end)

ACCEL_API accelerator_local_sgd_block accelerator_local_sgd_begin_with(
    accelerator *acc, accel_module *model, const accelerator_local_sgd_options *options);
ACCEL_API accelerator_local_sgd_options accelerator_local_sgd_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accelerator_local_sgd_block, accelerator_local_sgd_begin, accelerator *, accel_module *,
                  accelerator_local_sgd_options)
#else
#define accelerator_local_sgd_begin(...)                                                                       \
    ACCEL_CALL_2(accelerator_local_sgd_begin_with, accelerator_local_sgd_options,                              \
                 ACCELERATOR_LOCAL_SGD_DEFAULTS, __VA_ARGS__)
#endif
ACCEL_API void accelerator_local_sgd_end(accelerator_local_sgd_block *block);

/** Counts a step of the model's block; with every local_sgd_steps-th one parameters become their mean over the processes, in few
    messages, while optimizers keep what they have seen. Collective then: processes that do so after another number of steps are
    ACCEL_EMISMATCH. Source: LocalSGD.step. */
ACCEL_API accel_status accelerator_local_sgd_step(accelerator *acc, accel_module *model);

ACCEL_END_DECLS

#endif
