/* Datasets as loaders use them. */
#ifndef ACCEL_DATA_DATASET_H
#define ACCEL_DATA_DATASET_H

#include <accel/dataset.h>

#include "base/object.h"

/* A batch of the samples with these indices: new. */
accel_dict *dataset_batch(accel_dataset *dataset, const int64_t *indices, size_t count);

/* How many bytes a sample is when making it is a plain copy, 0 when it is more work than that. */
void dataset_set_copied_bytes(accel_dataset *dataset, size_t bytes);
size_t dataset_copied_bytes(accel_dataset *dataset);

extern const object_class dataset_class;

#endif
