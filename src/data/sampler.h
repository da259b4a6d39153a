/* The order in which processes visit samples, cut into batches. */
#ifndef ACCEL_DATA_SAMPLER_H
#define ACCEL_DATA_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

#include "data/batch_source.h"

enum { SAMPLER_ALL = -1 };

/* Every process sees one order of the whole data set and takes its own places of it. A round is what all of them take
 * at once: a share each, side by side in the order of their ranks. Ten samples in shares of two, for two processes:
 *
 *     order    0 1   2 3 | 4 5   6 7 | 8 9   0 1
 *     rank      0     1  |  0     1  |  0     1
 *
 * A last round that is not whole is filled, as here, with the samples that began the epoch (even_batches), or left out
 * (drop_last); else some processes have a shorter last batch, or one batch fewer. A process alone fills nothing. Where one
 * process reads for all (dispatched), the last round has smaller shares instead, so that hardly anything is added:
 *
 *     order    0 1   2 3 | 4 5   6 7 | 8     9
 *
 * Source: BatchSamplerShard, DataLoaderDispatcher. */
typedef struct sampler {
    int64_t length, batch_size;
    bool shuffle, drop_last;
    int64_t seed;         /* of epoch 0; epoch e is seeded with seed + e */
    int rank, world_size; /* SAMPLER_ALL: all batches, round by round in the order of the ranks */
    bool split_batches;   /* batch_size, a multiple of world_size, is a round's; else a share's */
    bool even_batches, dispatched;
    int64_t seen; /* samples at the beginning of the order that are left out: batches are those of the rest */
} sampler;

/* Samples of a process, and of all together, in a round that is whole. */
int64_t sampler_share(const sampler *s);
int64_t sampler_round(const sampler *s);

/* What processes have of the last round, which has `real` samples. */
batch_round sampler_last_round(const sampler *s, int64_t real);

/* The batches in an epoch. */
int64_t sampler_batches(const sampler *s);

/* The samples that are visited in an epoch, in order: new; free with memory_free. Source: SeedableRandomSampler. */
int64_t *sampler_order(const sampler *s, int64_t epoch);

/* A batch: its place in that order, whose it is, its round. */
batch_claim sampler_batch(const sampler *s, int64_t batch);

#endif
