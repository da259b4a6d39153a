/* Datasets as loaders use them. */
#ifndef ACCEL_DATA_DATASET_H
#define ACCEL_DATA_DATASET_H

#include <accel/dataset.h>

#include "base/object.h"

/* A batch of the samples with these indices: new. */
accel_dict *dataset_batch(accel_dataset *dataset, const int64_t *indices, size_t count);

extern const object_class dataset_class;

#endif
