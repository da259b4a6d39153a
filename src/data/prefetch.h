/* Batches made ahead by threads, handed out in order. */
#ifndef ACCEL_DATA_PREFETCH_H
#define ACCEL_DATA_PREFETCH_H

#include "base/object.h"
#include "data/dataset.h"
#include "data/sampler.h"

typedef struct prefetch prefetch;

/* Starts an epoch over `order`, which is taken, also on failure. With `workers` 0 batches are made when asked for. */
prefetch *prefetch_start(accel_dataset *dataset, const sampler *s, int64_t *order, int workers, int ahead);

/* The next batch without an owner, its reference the caller's; NULL after the last or with the failure recorded. */
accel_dict *prefetch_next(prefetch *p);

/* Stops the threads and ends what they made. NULL does nothing. */
void prefetch_stop(prefetch *p);

#endif
