/* Datasets as loaders use them. */
#ifndef ACCEL_DATA_DATASET_H
#define ACCEL_DATA_DATASET_H

#include <accel/dataset.h>

#include "base/object.h"

/* A batch of the samples with these indices: new. */
accel_dict *dataset_batch(accel_dataset *dataset, const int64_t *indices, size_t count);

/* The part that has a sample, of parts whose first samples have these numbers. Those without samples are passed over. */
size_t dataset_part(const int64_t *firsts, size_t count, int64_t index);

/* ---- of iterable ones ---- */

bool dataset_is_iterable(accel_dataset *dataset);

/* A pass: its state in `*pass`, until dataset_end. */
accel_status dataset_begin(accel_dataset *dataset, int64_t epoch, void **pass);
void dataset_end(accel_dataset *dataset, void *pass);

/* The next sample of a pass without an owner, its reference the caller's; NULL after the last or with the failure recorded. */
accel_dict *dataset_next(accel_dataset *dataset, void *pass);

/* A batch of such samples, which are borrowed: new. */
accel_dict *dataset_collate(accel_dataset *dataset, accel_dict *const *samples, size_t count);

/* ---- */

/* How many bytes a sample is when making it is a plain copy, 0 when it is more work than that. */
void dataset_set_copied_bytes(accel_dataset *dataset, size_t bytes);
size_t dataset_copied_bytes(accel_dataset *dataset);

/* What its functions are given, if it is one that ends with that function; NULL for another, and with the failure recorded. */
void *dataset_user(accel_dataset *dataset, void (*release)(void *user), const char *call);

/* How it makes samples and batches, while it lives; NULL with the failure recorded. */
const accel_dataset_options *dataset_source(accel_dataset *dataset, const char *call);

extern const object_class dataset_class;

#endif
