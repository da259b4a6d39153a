/* Batches of samples that have numbers, in an order that is known before the loop. */
#ifndef ACCEL_DATA_INDEXED_H
#define ACCEL_DATA_INDEXED_H

#include "data/batch_list.h"
#include "data/batch_source.h"
#include "data/dataset.h"
#include "data/sampler.h"

/* The batches of an epoch from that one on. False with the reason recorded. */
bool indexed_open(batch_source *source, accel_dataset *dataset, const sampler *s, int64_t epoch, int64_t from);

/* The same of a list, which is taken, also on failure. */
bool indexed_open_list(batch_source *source, accel_dataset *dataset, batch_list *list, int64_t from);

#endif
