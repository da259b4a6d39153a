/* What the facade tells a loader when it is prepared, and asks the one whose loop is running. */
#ifndef ACCEL_DATA_LOADER_H
#define ACCEL_DATA_LOADER_H

#include <accel/loader.h>

#include "base/buffer.h"
#include "base/object.h"

extern const object_class loader_class;

/* Which part of each epoch is this process's. */
typedef struct loader_shard {
    int rank, world_size;
    bool split_batches; /* the loader's batch_size is that of all processes together, not of each */
    bool even_batches;  /* every process has as many batches of the same size; see sampler.h */
} loader_shard;

/* From the next loop on, this process visits its shard only. Refused while a loop over the loader runs, and where
   batch_size does not suit the number of processes. A loader that was never told is one process's whole. */
accel_status loader_set_shard(accel_loader *loader, const loader_shard *shard);

/* Whether loader_set_shard would take it; records why not. */
accel_status loader_check_shard(accel_loader *loader, const loader_shard *shard);

/* What is to be the same in all processes, in words: "a loader of 9 samples in batches of 2, shuffled". */
accel_status loader_describe(accel_loader *loader, buffer *text);

/* The seed of the order, unless the program chose one itself. */
accel_status loader_set_data_seed(accel_loader *loader, int64_t seed);

/* The loop that began last of those that run on this thread: borrowed until it ends; NULL for none. */
accel_loader *loader_innermost(void);

/* Ends every loop that is running on this thread. */
void loader_end_all(void);

/* Whether the loop's last batch was given out: true with that batch in hand, until the loop ends. Source:
   end_of_dataloader. */
bool loader_at_end(accel_loader *loader);

/* How many of the samples that all processes' last batches hold together are real, in the order of the ranks; the rest
   were added to fill them. 0: all are, so always where nothing is filled (drop_last, no even_batches, one process);
   -1 on failure. Source: remainder. */
int64_t loader_remainder(accel_loader *loader);

#endif
