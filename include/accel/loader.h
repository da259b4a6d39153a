/**
 * Loaders: batches of a dataset, in order or shuffled, made ahead of the loop by threads.
 *
 *     accel_loader *train = accel_loader_create(dataset, .batch_size = 32, .shuffle = true);
 *     for (int epoch = 0; epoch < 3; epoch++)
 *         accel_for_each (batch, train) {
 *             accel_tensor *labels = accel_get(batch, "labels");
 *             …
 *         }
 *
 * A batch, and everything computed from it in the loop, ends with the next batch; the last batch's lives until the
 * loop is entered again, the loader ends, or the program finishes. Leaving the loop early ends the epoch: entering it
 * again starts the next one. After a failure the loop ends.
 *
 * The shuffled order of epoch e is randperm of a generator seeded with data_seed + e; entering the loop draws one
 * 64-bit number from the default generator.
 *
 * Once prepared, a loader gives its process's batches of each epoch: the processes take turns at batches of one order. Or
 * process 0 reads all of them and sends the others theirs while the step runs (dispatch_batches); then a loop that one
 * process leaves is left by all at the same batch.
 *
 * Batches are on the CPU, as samples are; those of a prepared loader are copied to accelerator_device, unless device_placement is
 * false.
 *
 * Source: torch.utils.data.DataLoader; accelerate's DataLoaderShard, DataLoaderDispatcher and SeedableRandomSampler.
 */
#ifndef ACCEL_LOADER_H
#define ACCEL_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/dataset.h>
#include <accel/dict.h>

ACCEL_BEGIN_DECLS

/** The batches of an epoch, while they are put together. */
typedef struct accel_batch_list accel_batch_list;

/** Puts together the batches of an epoch, by accel_batch_list_add: the same in every process. It must not ask for the
    loader's length, nor call what a function of a dataset must not. */
typedef accel_status accel_batches_function(void *user, int64_t epoch, accel_batch_list *list);

/** Adds a batch of the samples with these indices. */
ACCEL_API accel_status accel_batch_list_add(accel_batch_list *list, const int64_t *indices, size_t count);

typedef struct accel_loader_options {
    size_t struct_size;
    int64_t batch_size; /**< samples, ≥ 1 */
    bool shuffle;
    bool drop_last;    /**< leave out a last batch that is not full */
    int64_t data_seed; /**< of the order, ≥ 0; -1: the default generator's seed when the loader is made */
    int num_workers; /**< threads that make batches ahead, up to 64; 0: the loop's own thread makes them; -1: one
                            thread, unless batches are small copies of tensors in memory */
    int prefetch;    /**< batches ready ahead for each thread, 1 to 1024 */

    /** Batches of any sizes, in place of batch_size, shuffle and drop_last: called when a loop begins and where its length is
        asked for. A process's turn is a whole batch. NULL: batches of batch_size. Source: batch_sampler. */
    accel_batches_function *batches;
    void *batches_user; /**< borrowed while the loader lives */
} accel_loader_options;
#define ACCEL_LOADER_DEFAULTS()                                                                                \
    .struct_size = sizeof(accel_loader_options), .batch_size = 1, .shuffle = false, .drop_last = false,        \
    .data_seed = -1, .num_workers = -1, .prefetch = 2, .batches = NULL, .batches_user = NULL

/** A loader over a dataset, which it retains: new. */
ACCEL_API accel_loader *accel_loader_create_with(accel_dataset *dataset, const accel_loader_options *options);
ACCEL_API accel_loader_options accel_loader_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_1(accel_loader *, accel_loader_create, accel_dataset *, accel_loader_options)
#else
#define accel_loader_create(...)                                                                               \
    ACCEL_CALL_1(accel_loader_create_with, accel_loader_options, ACCEL_LOADER_DEFAULTS, __VA_ARGS__)
#endif

/** Batches in one epoch, after accelerator_prepare this process's; -1 on failure, such as ACCEL_EUNSUPPORTED for a dataset that
    does not know its length. Source: len(DataLoader). */
ACCEL_API int64_t accel_loader_length(accel_loader *loader);

/** The epoch that the next loop is, from 0. Setting it chooses its order. Source: set_epoch. */
ACCEL_API int64_t accel_loader_epoch(accel_loader *loader);
ACCEL_API accel_status accel_loader_set_epoch(accel_loader *loader, int64_t epoch);

/** Has the next loop begin after its first batches, this process's. They are not made, but of an iterable dataset their samples are
    read; where there are not as many, the loop has no batch. With dispatch_batches every process skips as many as process 0: ACCEL_EMISMATCH from the loop otherwise. Source:
    skip_first_batches, which makes another loader. */
ACCEL_API accel_status accel_loader_skip_first_batches(accel_loader *loader, int64_t num_batches);

/** The raw form of the loop. `begin` starts an epoch; `next` gives its next batch, borrowed until the following call,
    and NULL after the last or on failure; `end` stops, wherever the loop is, and works while an error is recorded. One
    loop over a loader at a time, on one thread. */
ACCEL_API accel_status accel_loader_begin(accel_loader *loader);
ACCEL_API accel_dict *accel_loader_next(accel_loader *loader);
ACCEL_API void accel_loader_end(accel_loader *loader);

/** The state of an accel_for_each loop. */
typedef struct accel_loop {
    bool open;
    accel_loader *loader;
} accel_loop;

ACCEL_API accel_loop accel_loop_begin(accel_loader *loader);
ACCEL_API void accel_loop_end(accel_loop *loop);

/** accel_for_each (batch, loader) { … }: a loop over one epoch, in which `batch` is an accel_dict *. `break` and
    `continue` mean what they mean in any loop. */
#define accel_for_each(batch, loader) ACCEL_FOR_EACH_(batch, loader, ACCEL_UNIQUE(accel_loop_))
#define ACCEL_FOR_EACH_(batch, from, loop)                                                                     \
    for (__attribute__((cleanup(accel_loop_end))) accel_loop loop = accel_loop_begin(from); loop.open;         \
         loop.open = false)                                                                                    \
        for (accel_dict *batch = accel_loader_next(loop.loader); batch; batch = accel_loader_next(loop.loader))

ACCEL_END_DECLS

#endif
