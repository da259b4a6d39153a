/* Batches made ahead by threads, handed out in order. */
#ifndef ACCEL_DATA_PREFETCH_H
#define ACCEL_DATA_PREFETCH_H

#include "data/batch_source.h"

typedef struct prefetch prefetch;

/* A batch without an owner, its reference the caller's; NULL after the last or with the failure recorded. */
typedef struct prefetched {
    accel_dict *batch;
    batch_round round;
    int rank;
} prefetched;

/* Starts on a source, which is taken, also on failure. With `workers` 0 batches are made when asked for. On a GPU batches are
   copied there as soon as they are made; for the CPU they are left where they are. */
prefetch *prefetch_start(const batch_source *source, int workers, int ahead, accel_device device);

prefetched prefetch_next(prefetch *p);

/* Whether there is nothing after what was handed out; waits until that is known. */
bool prefetch_is_over(prefetch *p);

/* Stops the threads and ends what they made. NULL does nothing. */
void prefetch_stop(prefetch *p);

#endif
