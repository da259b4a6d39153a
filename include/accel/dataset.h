/**
 * Datasets: samples, each a dict of tensors on the CPU, that have numbers or come one after another, and how samples become a
 * batch. Loaders say where batches go from there.
 *
 * Source: torch.utils.data.Dataset, IterableDataset, TensorDataset, default_collate.
 */
#ifndef ACCEL_DATASET_H
#define ACCEL_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include <accel/dict.h>
#include <accel/scope.h>

ACCEL_BEGIN_DECLS

/* None of these functions may call accelerator_finish, accelerator_free_memory or accelerator_prepare, nor begin, advance or end a loop
   over the loader that they are called for; over another one they may. */

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

/** One dataset after another, all of samples that have numbers: new. `datasets` is borrowed, its members are retained. Batches are
    made as the first dataset makes them; where all make whole batches at once, theirs are joined. ACCEL_EINVAL for datasets of
    tensors with other names, dtypes or shapes of a sample than the first's, which Python joins. Source: ConcatDataset. */
ACCEL_API accel_dataset *accel_concat_dataset(accel_dataset *const *datasets, size_t count);

/* ---- samples that come one after another ---- */

/** Begins a pass over the samples: what accel_next_function is given. A failure is one that it records (accel_error_raise). */
typedef void *accel_begin_function(void *user, int64_t epoch);

/** Gives the next sample of a pass: a new dict; NULL after the last one, or with an error recorded. One call at a time for
    each pass, from any of a loader's threads. */
typedef accel_dict *accel_next_function(void *user, void *pass);

/** Makes of what the pass gave what is to be in a batch: a new dict, or the one it is given. Called from a loader's threads,
    several at once, and only for samples of this process's batches. */
typedef accel_dict *accel_transform_function(void *user, accel_dict *sample);

typedef struct accel_iterable_dataset_options {
    size_t struct_size;
    accel_begin_function *begin;         /**< NULL: passes have no state of their own */
    accel_next_function *next;           /**< needed */
    void (*end)(void *user, void *pass); /**< called when a pass ends, read to its end or not; NULL: nothing */
    accel_transform_function *transform; /**< NULL: samples are as they come */
    accel_collate_function *collate;     /**< NULL: accel_collate_stack */
    int64_t length;                      /**< number of samples in a pass, where it is known; -1: it is not */
    void *user;                          /**< borrowed while the dataset lives, or until `release` */
    void (*release)(void *user);         /**< called when the dataset ends; NULL: nothing */
} accel_iterable_dataset_options;
#define ACCEL_ITERABLE_DATASET_DEFAULTS()                                                                      \
    .struct_size = sizeof(accel_iterable_dataset_options), .begin = NULL, .next = NULL, .end = NULL,           \
    .transform = NULL, .collate = NULL, .length = -1, .user = NULL, .release = NULL

/** A dataset whose samples are read in order, pass by pass: new. On failure NULL, and `release` is not called. A loader over it
    does not shuffle. With several processes, process 0 reads for all unless accelerator_create(.dispatch_batches = false):
    then every process reads all of it and transforms its own samples. Source: IterableDataset. */
ACCEL_API accel_dataset *accel_iterable_dataset_with(const accel_iterable_dataset_options *options);
ACCEL_API accel_iterable_dataset_options accel_iterable_dataset_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_0(accel_dataset *, accel_iterable_dataset, accel_iterable_dataset_options)
#else
#define accel_iterable_dataset(...)                                                                            \
    ACCEL_CALL_0(accel_iterable_dataset_with, accel_iterable_dataset_options, ACCEL_ITERABLE_DATASET_DEFAULTS, \
                 __VA_ARGS__)
#endif

/** Number of samples; -1 on failure, and where it is not known. */
ACCEL_API int64_t accel_dataset_length(accel_dataset *dataset);

/** Joins samples along a new first dimension: all have the same names, and each name's tensors one dtype and one shape;
    ACCEL_EINVAL otherwise. Source: default_collate, which leaves out names that the first sample lacks, and promotes dtypes. */
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
