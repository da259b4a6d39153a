#include "data/loader_options.h"

#include "base/error.h"
#include "data/dataset.h"

accel_status loader_options_check(const accel_loader_options *o)
{
    static const char call[] = "accel_loader_create";
    if (o->batches && (o->batch_size != 1 || o->shuffle || o->drop_last))
        return accel_error_raise(
            ACCEL_EINVAL, call,
            "batches is given, and batch_size, shuffle or drop_last, too: which is to count?");
    if (o->batch_size < 1)
        return accel_error_raise(ACCEL_EINVAL, call, "batch_size must be positive, got %lld",
                                 (long long)o->batch_size);
    if (o->num_workers < -1 || o->num_workers > 64)
        return accel_error_raise(ACCEL_EINVAL, call, "num_workers must be in [-1, 64], got %d", o->num_workers);
    if (o->prefetch < 1 || o->prefetch > 1024)
        return accel_error_raise(ACCEL_EINVAL, call, "prefetch must be in [1, 1024], got %d", o->prefetch);
    if (o->data_seed < -1)
        return accel_error_raise(ACCEL_EINVAL, call, "data_seed must not be negative, got %lld",
                                 (long long)o->data_seed);
    return ACCEL_OK;
}

accel_status loader_options_check_iterable(const accel_loader_options *o)
{
    if (o->shuffle || o->batches)
        return accel_error_raise(
            ACCEL_EINVAL, "accel_loader_create",
            "%s is given, but the dataset is iterable: its samples come in their own order",
            o->shuffle ? "shuffle" : "batches");
    return ACCEL_OK;
}

/* A thread repays its hand-over, some microseconds a batch, unless a batch is copied in less. */
int loader_options_workers(const accel_loader_options *o, accel_dataset *dataset)
{
    enum { QUICK_COPY = 1 << 16 };
    if (o->num_workers >= 0)
        return o->num_workers;
    size_t bytes = dataset_copied_bytes(dataset);
    return bytes > 0 && (int64_t)bytes <= QUICK_COPY / o->batch_size ? 0 : 1;
}
