/* The order in which one process visits samples, cut into batches. */
#ifndef ACCEL_DATA_SAMPLER_H
#define ACCEL_DATA_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

/* Every process sees one order of the whole data set and takes its own places of it. A group is what all of them take
 * at once: a share each, side by side in the order of their ranks. Ten samples in shares of two, for two processes:
 *
 *     order    0 1   2 3 | 4 5   6 7 | 8 9   0 1
 *     rank      0     1  |  0     1  |  0     1
 *
 * A last group that is not whole is filled, as here, with the samples that began the epoch (even_batches), or left out
 * (drop_last); else some processes have a shorter last batch, or one batch fewer. A process alone fills nothing.
 * Source: BatchSamplerShard. */
typedef struct sampler {
    int64_t length, batch_size;
    bool shuffle, drop_last;
    int64_t seed; /* of epoch 0; epoch e is seeded with seed + e */
    int rank, world_size;
    bool split_batches; /* batch_size, a multiple of world_size, is a group's; else a share's */
    bool even_batches;
} sampler;

/* This process's batches in an epoch. */
int64_t sampler_batches(const sampler *s);

/* The samples that this process visits in an epoch, in order: new; free with memory_free. Source:
   SeedableRandomSampler. */
int64_t *sampler_order(const sampler *s, int64_t epoch);

/* Where a batch begins in that order, and how many samples it has. */
int64_t sampler_batch(const sampler *s, int64_t batch, size_t *count);

/* How many samples of a last group that is filled are its own; 0 where nothing is filled. */
int64_t sampler_remainder(const sampler *s);

#endif
