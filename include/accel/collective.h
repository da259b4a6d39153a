/**
 * More calls that all processes make together: on dicts of tensors, and on what differs in size from process to process.
 *
 * What accelerator.h says of its calls holds for these. A dict's entries must have the same names in the same order everywhere,
 * shapes and dtypes too where it is not padded: all of them are compared before the first one moves. What is nested elsewhere has
 * names with dots here, as in a state dict: "decoder.ids".
 *
 * Source: accelerate.utils.operations.
 */
#ifndef ACCEL_COLLECTIVE_H
#define ACCEL_COLLECTIVE_H

#include <stddef.h>
#include <stdint.h>

#include <accel/accelerator.h>

ACCEL_BEGIN_DECLS

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
