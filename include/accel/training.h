/**
 * What happens between a loss and a step: accumulation, mixed precision, clipping.
 *
 *     accel_for_each (batch, train) {
 *         accelerator_accumulate(acc, model) {
 *             accel_dict *outputs = accel_forward(model, batch);
 *             accelerator_backward(acc, accel_get(outputs, "loss"));
 *             if (accelerator_sync_gradients(acc))
 *                 accelerator_clip_grad_norm(acc, model, 1.0, 2);
 *             accel_optimizer_step(optimizer);
 *             accel_scheduler_step(scheduler);
 *             accel_optimizer_zero_grad(optimizer);
 *         }
 *     }
 *
 * Source: accelerate.Accelerator.
 */
#ifndef ACCEL_TRAINING_H
#define ACCEL_TRAINING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/accelerator.h>

ACCEL_BEGIN_DECLS

/* ---- backward ---- */

typedef struct accelerator_backward_options {
    size_t struct_size;
    int64_t num_items; /**< that the loss is the mean of: tokens, labelled pixels, …, ≥ 0; -1: not counted */
    bool retain_graph; /**< keep what was saved for the pass, for another one */
} accelerator_backward_options;
#define ACCELERATOR_BACKWARD_DEFAULTS()                                                                        \
    .struct_size = sizeof(accelerator_backward_options), .num_items = -1, .retain_graph = false

/** Adds the gradient of `loss`, a tensor with one element, to the gradient of every parameter that it depends on. With several
    processes, gradients of prepared modules are averaged over them; nothing else does that, and accel_backward is refused there.

    Collective where the loss reaches a prepared module: then a wrong loss in one process loses the group, since the others wait
    for its gradients. Every parameter of such a module that required gradients at prepare must get one, in this pass or in
    passes that follow, before the next forward, collective call or accelerator_finish, which names those that did not;
    find_unused_parameters and static_graph (data_parallel.h) allow for parameters without one.

    Without num_items the gradient of a step is the mean over its micro-batches, of which a loader's last step may have fewer.
    With num_items it is the mean over the items of all micro-batches of all processes, as if they had been one batch. Then every
    micro-batch of the step has one loss, which comes with its number; that may be 0 where the loss is finite. The pass of the
    last micro-batch is collective then, and no items in any process at all are an error, which costs nothing but the call.
    Outside of accelerator_accumulate every pass is a step of its own, also inside of accelerator_no_sync.

    The pass of the last micro-batch averages what those before it added up, and divides it by the items. Where the last
    micro-batch has no pass, accel_optimizer_step refuses the gradients that are left.

    Source: Accelerator.backward, which divides by gradient_accumulation_steps in a short step, too. */
ACCEL_API accel_status accelerator_backward_with(accelerator *acc, accel_tensor *loss,
                                                 const accelerator_backward_options *options);
ACCEL_API accelerator_backward_options accelerator_backward_options_default(void);
/** accelerator_backward(acc, loss, .num_items = tokens) */
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_status, accelerator_backward, accelerator *, accel_tensor *,
                  accelerator_backward_options)
#else
#define accelerator_backward(...)                                                                              \
    ACCEL_CALL_2(accelerator_backward_with, accelerator_backward_options, ACCELERATOR_BACKWARD_DEFAULTS,       \
                 __VA_ARGS__)
#endif

/* ---- accumulation ---- */

enum { ACCELERATOR_MODELS_MAX = 16 };

/** The state of an accelerator_accumulate or accelerator_no_sync block. */
typedef struct accelerator_no_sync_block {
    bool open, accumulates;
    accelerator *acc;
    accel_module *models[ACCELERATOR_MODELS_MAX];
    size_t count;
    uint64_t prepared; /* modules, before it began */
} accelerator_no_sync_block;

/** A block for one micro-batch: until gradient_accumulation_steps of them, or the end of the innermost loader's loop, prepared
    optimizers and schedulers neither step nor zero gradients, and gradients of `models`, prepared ones, are not averaged. A
    block with other models is a micro-batch, too. One inside another of the same accelerator is refused. Source:
    Accelerator.accumulate. */
#define accelerator_accumulate(acc, ...)                                                                       \
    ACCEL_BLOCK(accelerator_no_sync_block, accelerator_accumulate_begin(acc, ACCELERATOR_MODELS(__VA_ARGS__)), \
                accelerator_accumulate_end)

/** A block whose backward passes add gradients of `models` up in each process without averaging them; the next one outside
    averages the sum. What counts is where the backward pass is, not the forward. Source: Accelerator.no_sync, where it is the
    forward. */
#define accelerator_no_sync(acc, ...)                                                                          \
    ACCEL_BLOCK(accelerator_no_sync_block, accelerator_no_sync_begin(acc, ACCELERATOR_MODELS(__VA_ARGS__)),    \
                accelerator_no_sync_end)

ACCEL_API accelerator_no_sync_block accelerator_accumulate_begin(accelerator *acc, accel_module *const *models,
                                                                 size_t count);
ACCEL_API void accelerator_accumulate_end(accelerator_no_sync_block *block);
ACCEL_API accelerator_no_sync_block accelerator_no_sync_begin(accelerator *acc, accel_module *const *models,
                                                              size_t count);
ACCEL_API void accelerator_no_sync_end(accelerator_no_sync_block *block);

/* Modules and their number, as two arguments. */
#ifdef __cplusplus
extern "C++" {
template <size_t Count> struct accelerator_models {
    accel_module *modules[Count];
    accel_module *const *list() const { return modules; }
};
template <class... Modules> accelerator_models<sizeof...(Modules)> accelerator_models_of(Modules... modules)
{
    return {{modules...}};
}
}
#define ACCELERATOR_MODELS(...)                                                                                \
    accelerator_models_of(__VA_ARGS__).list(),                                                                 \
        sizeof(accelerator_models_of(__VA_ARGS__)) / sizeof(accel_module *)
#else
#define ACCELERATOR_MODELS(...)                                                                                \
    ((accel_module *const[]){__VA_ARGS__}),                                                                    \
        sizeof((accel_module *const[]){__VA_ARGS__}) / sizeof(accel_module *)
#endif

/** Whether the step at hand takes place: true outside of accelerator_accumulate. Source: Accelerator.sync_gradients. */
ACCEL_API bool accelerator_sync_gradients(accelerator *acc);

/** Micro-batches for each step; -1 on failure. */
ACCEL_API int64_t accelerator_gradient_accumulation_steps(accelerator *acc);

/** Sets them, ≥ 1, from the next micro-batch on. Collective while a model is prepared whose gradients are averaged:
    ACCEL_EMISMATCH for numbers that differ between processes, which leaves them as they were. Source:
    Accelerator.gradient_accumulation_steps, which every process sets for itself. */
ACCEL_API accel_status accelerator_set_gradient_accumulation_steps(accelerator *acc, int64_t steps);

/* ---- mixed precision ---- */

/** What prepared modules compute in, after the environment was read; ACCEL_PRECISION_UNSET on failure. Source:
    Accelerator.mixed_precision. */
ACCEL_API accel_mixed_precision accelerator_mixed_precision(accelerator *acc);

/** The state of an accelerator_autocast block. */
typedef struct accelerator_autocast_block {
    bool open, entered, enabled, cache;
    accel_dtype dtype;
    accel_device_type device;
} accelerator_autocast_block;

/** A block in which operations choose their dtype as in a prepared module's forward: for what is computed outside of one. Source:
    Accelerator.autocast. */
#define accelerator_autocast(acc)                                                                              \
    ACCEL_BLOCK(accelerator_autocast_block, accelerator_autocast_begin(acc), accelerator_autocast_end)

ACCEL_API accelerator_autocast_block accelerator_autocast_begin(accelerator *acc);
ACCEL_API void accelerator_autocast_end(accelerator_autocast_block *block);

/** Whether the last step of some prepared optimizer was skipped, since its gradients were not finite. Its schedulers did not
    step either. Source: Accelerator.optimizer_step_was_skipped. */
ACCEL_API bool accelerator_optimizer_step_was_skipped(accelerator *acc);

/* ---- clipping: of a model's gradients, in place, where the step at hand takes place; before that nothing happens. Under
   ACCEL_FP16 the gradients of prepared optimizers that step these parameters are unscaled first, once. ---- */

/** Scales all gradients of the model together so that their norm is at most `max_norm`, ≥ 0; gives the norm that they had,
    0 without any, NaN on failure and where nothing happens. norm_type: 1, 2, INFINITY, or any other number.
    Source: Accelerator.clip_grad_norm_. */
ACCEL_API double accelerator_clip_grad_norm(accelerator *acc, accel_module *model, double max_norm,
                                            double norm_type);

/** Brings every element of them into [-clip_value, clip_value], clip_value ≥ 0. Source: Accelerator.clip_grad_value_. */
ACCEL_API accel_status accelerator_clip_grad_value(accelerator *acc, accel_module *model, double clip_value);

ACCEL_END_DECLS

#endif
