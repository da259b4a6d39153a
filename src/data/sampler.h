/* The order in which samples are visited, cut into batches. */
#ifndef ACCEL_DATA_SAMPLER_H
#define ACCEL_DATA_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

typedef struct sampler {
    int64_t length, batch_size;
    bool shuffle, drop_last;
    int64_t seed; /* of epoch 0; epoch e is seeded with seed + e */
} sampler;

/* Batches in an epoch. */
int64_t sampler_batches(const sampler *s);

/* The order of an epoch: `length` indices, new; free with memory_free. Source: SeedableRandomSampler. */
int64_t *sampler_order(const sampler *s, int64_t epoch);

/* Where a batch begins in the order, and how many samples it has. */
int64_t sampler_batch(const sampler *s, int64_t batch, size_t *count);

#endif
