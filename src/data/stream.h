/* Batches of samples that come one after another. */
#ifndef ACCEL_DATA_STREAM_H
#define ACCEL_DATA_STREAM_H

#include "data/batch_source.h"
#include "data/dataset.h"
#include "data/sampler.h"

/* A pass over an iterable dataset from that batch on, of the sampler's rank. What comes before is read, and what others have,
   but not transformed. Shared as sampler.h has it; of the sampler length, shuffle and seed do not count. False with the reason
   recorded. Source: IterableDatasetShard. */
bool stream_open(batch_source *source, accel_dataset *dataset, const sampler *s, int64_t epoch, int64_t from);

#endif
