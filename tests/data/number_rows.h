/* Files of rows with a number "n", and what a dataset of them gives. */
#ifndef TESTS_DATA_NUMBER_ROWS_H
#define TESTS_DATA_NUMBER_ROWS_H

#include <accel/loader.h>
#include <accel/record.h>

#include "files.h"

static inline accel_dict *number_of(void *user, const accel_record *record)
{
    (void)user;
    accel_dict *sample = accel_dict_create();
    accel_dict_set(sample, "n", accel_record_tensor(record, "n", ACCEL_INT64));
    return accel_error_is_set() ? NULL : sample;
}

/* The numbers of two epochs, joined by spaces. */
static inline const char *numbers_of(accel_dataset *dataset, int64_t batch_size)
{
    static char out[256];
    out[0] = '\0';
    accel_loader *loader = accel_loader_create(dataset, .batch_size = batch_size);
    for (int epoch = 0; epoch < 2; epoch++)
        accel_for_each (batch, loader) {
            accel_tensor *n = accel_get(batch, "n");
            for (int64_t i = 0; i < accel_tensor_numel(n); i++)
                sprintf(out + strlen(out), "%lld%s", (long long)((const int64_t *)accel_tensor_data(n))[i],
                        i + 1 < accel_tensor_numel(n) ? "+" : " ");
        }
    return out;
}

#endif
