/**
 * Calls that all processes make together: gather, reduce, broadcast, on tensors, on dicts of them, and on what differs in size from
 * process to process.
 *
 *     accel_tensor *losses = accelerator_gather(acc, loss);
 *     accel_tensor *mean = accelerator_reduce(acc, loss, .reduction = "mean");
 *
 * Every process makes the same call. Only the call is lost when they make different ones, with other shapes or dtypes
 * (ACCEL_EMISMATCH), or when one of them has a wrong argument, which is the same failure in all. The group is lost when another
 * process failed, has finished, or is in a forward or backward pass (ACCEL_EPEER), when one did not come in time (ACCEL_ETIMEOUT),
 * when the call fails in this process alone, and when this process comes with a failure on its record: that is how the others hear
 * of it. Then the transport may use a tensor's memory until the process ends: keep what was given to accel_tensor_wrap.
 *
 * Tensors have up to 8 dimensions; results have no gradient. A dict's entries must have the same names in the same order
 * everywhere, shapes and dtypes too where it is not padded: all of them are compared before the first one moves. What is nested
 * elsewhere has names with dots here, as in a state dict: "decoder.ids".
 *
 * Source: accelerate.utils.operations.
 */
#ifndef ACCEL_COLLECTIVE_H
#define ACCEL_COLLECTIVE_H

#include <stddef.h>
#include <stdint.h>

#include <accel/accelerator.h>

ACCEL_BEGIN_DECLS

/* ---- tensors ---- */

/** All processes' values, joined along the first dimension: new. tensor: (N, …), the same in every process → (P · N, …);
    a 0-dimensional one becomes (P), and stays as it is in a single process. Collective. Source: Accelerator.gather. */
ACCEL_API accel_tensor *accelerator_gather(accelerator *acc, accel_tensor *tensor);

/** The same for a tensor with one row for each sample of the running loop's batch, without the rows of samples that were added
    to even batches out: new. Batches may have different sizes then. Collective. Source: Accelerator.gather_for_metrics. */
ACCEL_API accel_tensor *accelerator_gather_for_metrics(accelerator *acc, accel_tensor *tensor);

typedef struct accelerator_reduce_options {
    size_t struct_size;
    const char *reduction; /**< "sum" or "mean" */
    double scale;          /**< of the result */
} accelerator_reduce_options;
#define ACCELERATOR_REDUCE_DEFAULTS()                                                                          \
    .struct_size = sizeof(accelerator_reduce_options), .reduction = "sum", .scale = 1

/** The sum or mean over the processes, element by element: new. A mean or a scale needs a floating dtype. Collective.
    Source: Accelerator.reduce. */
ACCEL_API accel_tensor *accelerator_reduce_with(accelerator *acc, accel_tensor *tensor,
                                                const accelerator_reduce_options *options);
ACCEL_API accelerator_reduce_options accelerator_reduce_options_default(void);
/** accelerator_reduce(acc, tensor, .reduction = "mean") */
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_tensor *, accelerator_reduce, accelerator *, accel_tensor *, accelerator_reduce_options)
#else
#define accelerator_reduce(...)                                                                                \
    ACCEL_CALL_2(accelerator_reduce_with, accelerator_reduce_options, ACCELERATOR_REDUCE_DEFAULTS, __VA_ARGS__)
#endif

/** Gives every process's tensor the values of one process's. Collective. Source: accelerate.utils.broadcast. */
ACCEL_API accel_status accelerator_broadcast(accelerator *acc, accel_tensor *tensor, int from_process);

/** Makes a failure that this process has recorded that of every process, "process 0: …", and costs the group nothing: all may deal with
    it and go on together, where otherwise the next collective call would lose the group. Collective, and does its work also while a failure is
    recorded: after what only some processes do, such as writing a file. */
ACCEL_API accel_status accelerator_share_error(accelerator *acc);

/** Waits until every process is here. Collective. Source: Accelerator.wait_for_everyone. */
ACCEL_API accel_status accelerator_wait_for_everyone(accelerator *acc);

/* ---- dicts: every entry as the call for one tensor has it. new ---- */

ACCEL_API accel_dict *accelerator_gather_dict(accelerator *acc, accel_dict *dict);
ACCEL_API accel_dict *accelerator_gather_for_metrics_dict(accelerator *acc, accel_dict *dict);
ACCEL_API accel_dict *accelerator_reduce_dict_with(accelerator *acc, accel_dict *dict,
                                                   const accelerator_reduce_options *options);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_dict *, accelerator_reduce_dict, accelerator *, accel_dict *,
                  accelerator_reduce_options)
#else
#define accelerator_reduce_dict(...)                                                                           \
    ACCEL_CALL_2(accelerator_reduce_dict_with, accelerator_reduce_options, ACCELERATOR_REDUCE_DEFAULTS,        \
                 __VA_ARGS__)
#endif
ACCEL_API accel_status accelerator_broadcast_dict(accelerator *acc, accel_dict *dict, int from_process);

/* ---- sizes that differ ---- */

typedef struct accelerator_pad_options {
    size_t struct_size;
    int dim;          /**< along which; negative from the last */
    double pad_index; /**< what is put there */
    bool pad_first;   /**< at the beginning rather than the end */
} accelerator_pad_options;
#define ACCELERATOR_PAD_DEFAULTS()                                                                             \
    .struct_size = sizeof(accelerator_pad_options), .dim = 0, .pad_index = 0, .pad_first = false

/** The tensor made as large along one dimension as the largest of all processes: new. One that has no such dimension stays as
    it is. The number of dimensions, the dtype and the options are the same everywhere; pad_index is a number that the dtype
    holds. Collective. Source: Accelerator.pad_across_processes. */
ACCEL_API accel_tensor *accelerator_pad_across_processes_with(accelerator *acc, accel_tensor *tensor,
                                                              const accelerator_pad_options *options);
ACCEL_API accel_dict *accelerator_pad_dict_across_processes_with(accelerator *acc, accel_dict *dict,
                                                                 const accelerator_pad_options *options);
ACCEL_API accelerator_pad_options accelerator_pad_options_default(void);
/** accelerator_pad_across_processes(acc, tensor, .dim = 1, .pad_index = -100) */
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_tensor *, accelerator_pad_across_processes, accelerator *, accel_tensor *,
                  accelerator_pad_options)
ACCEL_OVERLOADS_2(accel_dict *, accelerator_pad_dict_across_processes, accelerator *, accel_dict *,
                  accelerator_pad_options)
#else
#define accelerator_pad_across_processes(...)                                                                  \
    ACCEL_CALL_2(accelerator_pad_across_processes_with, accelerator_pad_options, ACCELERATOR_PAD_DEFAULTS,     \
                 __VA_ARGS__)
#define accelerator_pad_dict_across_processes(...)                                                             \
    ACCEL_CALL_2(accelerator_pad_dict_across_processes_with, accelerator_pad_options,                          \
                 ACCELERATOR_PAD_DEFAULTS, __VA_ARGS__)
#endif

/** `size` bytes of each process, up to 2^31 - 1: all of them in a row, by process, as a uint8 tensor (total): new. sizes: one for
    each process, filled in; NULL: not asked for. Collective. Source: accelerate.utils.gather_object, whose objects are
    pickles. */
ACCEL_API accel_tensor *accelerator_gather_bytes(accelerator *acc, const void *data, size_t size,
                                                 size_t *sizes);

ACCEL_END_DECLS

#endif
