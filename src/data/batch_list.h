/* Batches of an epoch that the program put together itself, of any sizes, and how processes share them. */
#ifndef ACCEL_DATA_BATCH_LIST_H
#define ACCEL_DATA_BATCH_LIST_H

#include <accel/loader.h>

#include "data/sampler.h"

typedef struct accel_batch_list batch_list;

/* What the function adds for an epoch: new; NULL with the reason recorded. Batch k is process k % world_size's. A last round
   that lacks batches gets the first ones of the epoch again (even_batches); else some processes have one fewer. Of the
   sampler only that, its length, rank and world_size count. Source: BatchSamplerShard with batch_size None. */
batch_list *batch_list_make(accel_batches_function *function, void *user, int64_t epoch, const sampler *s);
void batch_list_free(batch_list *list); /* NULL does nothing */

/* As sampler_batches and sampler_batch. */
int64_t batch_list_batches(const batch_list *list);
batch_claim batch_list_batch(const batch_list *list, int64_t batch);

/* Where claims have their place. */
const int64_t *batch_list_indices(const batch_list *list);

#endif
