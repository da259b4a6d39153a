/**
 * Datasets: numbered samples, each a dict of tensors, and how samples become a batch.
 *
 * Source: torch.utils.data.Dataset, TensorDataset, default_collate.
 */
#ifndef ACCEL_DATASET_H
#define ACCEL_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include <accel/dict.h>
#include <accel/scope.h>

ACCEL_BEGIN_DECLS

/** Gives the sample of an index, 0 ≤ index < length: a new dict. Called from a loader's threads, several at once. NULL
    with an error recorded (accel_error_raise) ends the loop that reads it. */
typedef accel_dict *accel_sample_function(void *user, int64_t index);

/** Makes a batch of samples: a new dict. `samples` is borrowed. */
typedef accel_dict *accel_collate_function(void *user, accel_dict *const *samples, size_t count);

/** Makes a whole batch at once, for sources that are faster that way: a new dict. */
typedef accel_dict *accel_batch_function(void *user, const int64_t *indices, size_t count);

typedef struct accel_dataset_options {
    size_t struct_size;
    int64_t length;                  /**< number of samples */
    accel_sample_function *sample;   /**< this, with or without `collate`, or `batch` alone */
    accel_collate_function *collate; /**< NULL: accel_collate_stack */
    accel_batch_function *batch;
    void *user;                  /**< borrowed while the dataset lives, or until `release` */
    void (*release)(void *user); /**< called when the dataset ends; NULL: nothing */
} accel_dataset_options;
#define ACCEL_DATASET_DEFAULTS()                                                                               \
    .struct_size = sizeof(accel_dataset_options), .length = 0, .sample = NULL, .collate = NULL, .batch = NULL, \
    .user = NULL, .release = NULL

/** A dataset over the caller's functions: new. On failure NULL, and `release` is not called. */
ACCEL_API accel_dataset *accel_dataset_create_with(const accel_dataset_options *options);
ACCEL_API accel_dataset_options accel_dataset_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_0(accel_dataset *, accel_dataset_create, accel_dataset_options)
#else
#define accel_dataset_create(...)                                                                              \
    ACCEL_CALL_0(accel_dataset_create_with, accel_dataset_options, ACCEL_DATASET_DEFAULTS, __VA_ARGS__)
#endif

/** A dataset over tensors in memory, all of the same first size, which counts the samples: new. The tensors are
    retained, not copied, unless their rows have gaps; they are on the CPU. A batch has the dict's names. Source: TensorDataset. */
ACCEL_API accel_dataset *accel_tensor_dataset(accel_dict *tensors);

/** Number of samples; -1 on failure. */
ACCEL_API int64_t accel_dataset_length(accel_dataset *dataset);

/** Joins samples along a new first dimension: every tensor has one shape across samples. Source: default_collate. */
ACCEL_API accel_dict *accel_collate_stack(void *user, accel_dict *const *samples, size_t count);

/** What a name's short samples are filled with. */
typedef struct accel_padding {
    const char *name;
    double value;
} accel_padding;

/** The same for samples of different lengths: 1-dimensional tensors are filled at their end to the longest of the
    batch, with the value that `paddings` gives for their name, else 0. Source: PreTrainedTokenizer.pad, padding
    "longest". */
ACCEL_API accel_dict *accel_collate_padded(accel_dict *const *samples, size_t count,
                                           const accel_padding *paddings, size_t paddings_count);

ACCEL_END_DECLS

#endif
