/* What the facade tells a loader when it is prepared, and asks the one whose loop is running. */
#ifndef ACCEL_DATA_LOADER_H
#define ACCEL_DATA_LOADER_H

#include <accel/loader.h>

#include "base/buffer.h"
#include "base/object.h"
#include "data/batch_source.h"
#include "data/dispatch.h"

extern const object_class loader_class;

/* Which part of each epoch is this process's. */
typedef struct loader_shard {
    int rank, world_size;
    bool split_batches; /* the loader's batch_size is that of all processes together, not of each */
    bool even_batches;  /* every process has as many batches of the same size; see sampler.h */
    bool dispatched;    /* process 0 reads for all; then loader_set_feed, too */
} loader_shard;

/* From the next loop on, this process visits its shard only. Refused while a loop over the loader runs, and where
   batch_size does not suit the number of processes. A loader that was never told is one process's whole. */
accel_status loader_set_shard(accel_loader *loader, const loader_shard *shard);

/* Where batches go, from the next loop on: copied to a GPU, or as they are. */
void loader_set_device(accel_loader *loader, accel_device device);

/* From the next loop on, it is one process's whole again, in the order of its own seed. */
void loader_forget_shard(accel_loader *loader);

/* Where batches that process 0 reads go, copied; NULL: nowhere from now on. Ends a loop that is running. */
void loader_set_feed(accel_loader *loader, const dispatch_feed *feed);

/* From the next loop on, whether all processes have as many batches; gives what was before. */
bool loader_set_even_batches(accel_loader *loader, bool even);

/* Whether its dataset is read in order, so that its samples have no numbers. */
bool loader_is_iterable(accel_loader *loader);

/* Whether loader_set_shard would take it; records why not. */
accel_status loader_check_shard(accel_loader *loader, const loader_shard *shard);

/* What is to be the same in all processes, in words: "a loader of 9 samples in batches of 2, shuffled". */
accel_status loader_describe(accel_loader *loader, buffer *text);

/* The seed of the order, unless the program chose one itself. */
accel_status loader_set_data_seed(accel_loader *loader, int64_t seed);

/* The loop that began last of those that run on this thread: borrowed until it ends; NULL for none. */
accel_loader *loader_innermost(void);

/* How far the innermost loop of this thread is whose batches process 0 reads: loops begun over its loader, with this one, and
   the batches that it gave.
   False: there is none. */
bool loader_dispatched_progress(int64_t *loops, int64_t *taken);

/* Whether a loop over it runs, on any thread. */
bool loader_is_running(accel_loader *loader);

/* Whether accel_loader_load_state_dict would take it; records why not. */
accel_status loader_check_state(accel_loader *loader, accel_dict *state);

/* Ends every loop that is running on this thread. */
void loader_end_all(void);

/* Whether the loop's last batch was given out: true with that batch in hand, until the loop ends; waits until that is known.
   Source: end_of_dataloader. */
bool loader_at_end(accel_loader *loader);

/* The round of the batch in hand: borrowed until the next one; NULL for none. Source: remainder. */
const batch_round *loader_round(accel_loader *loader);

#endif
