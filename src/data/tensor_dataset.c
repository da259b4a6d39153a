#include <string.h>

#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "data/dataset.h"
#include "tensor/dict.h"
#include "tensor/tensor.h"

typedef struct tensor_dataset {
    accel_dict *tensors; /* retained; contiguous, on the CPU */
} tensor_dataset;

static void release(void *user)
{
    tensor_dataset *d = user;
    object_release(d->tensors);
    memory_free(d);
}

/* Rows of `source` in the order of the indices. Rows are copied as bytes: no operation, no other thread. */
static accel_tensor *take_rows(accel_tensor *source, const int64_t *indices, size_t count)
{
    enum { RANK_MAX = 16 };
    engine_view view;
    if (tensor_view(source, __func__, &view) != ACCEL_OK)
        return NULL;
    int64_t sizes[RANK_MAX];
    memcpy(sizes, view.sizes, view.rank * sizeof *sizes);
    sizes[0] = (int64_t)count;
    accel_tensor *rows = accel_empty(view.dtype, sizes, view.rank);
    if (!rows || view.numel == 0)
        return rows;
    size_t row_bytes = (size_t)(view.numel / view.sizes[0]) * accel_dtype_size(view.dtype);
    const char *from = accel_tensor_data(source);
    char *to = accel_tensor_data(rows);
    for (size_t i = 0; i < count && row_bytes > 0; i++)
        memcpy(to + i * row_bytes, from + (size_t)indices[i] * row_bytes, row_bytes);
    return rows;
}

static accel_dict *batch(void *user, const int64_t *indices, size_t count)
{
    tensor_dataset *d = user;
    accel_dict *result = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(d->tensors); i++)
        accel_dict_set(result, accel_dict_name(d->tensors, i),
                       take_rows(accel_dict_tensor(d->tensors, i), indices, count));
    error_name_memory("accel_loader_next", false);
    return accel_error_is_set() ? NULL : result;
}

/* Adds a tensor to the dataset, and checks that its first size is everyone's. */
static accel_status add(accel_dict *to, const char *name, accel_tensor *tensor, int64_t *length)
{
    enum { RANK_MAX = 16 };
    static const char call[] = "accel_tensor_dataset";
    engine_view view;
    if (tensor_view(tensor, call, &view) != ACCEL_OK)
        return accel_error_status();
    if (view.rank == 0 || view.rank > RANK_MAX)
        return accel_error_raise(ACCEL_EINVAL, call, "\"%s\" must have 1 to %d dimensions, got %zu", name,
                                 RANK_MAX, view.rank);
    if (view.device.type != ACCEL_CPU)
        return accel_error_raise(ACCEL_EINVAL, call, "\"%s\" is not on the CPU", name);
    if (*length >= 0 && view.sizes[0] != *length)
        return accel_error_raise(ACCEL_EINVAL, call, "\"%s\" has %lld samples, the tensors before it have %lld",
                                 name, (long long)view.sizes[0], (long long)*length);
    *length = view.sizes[0];
    return accel_dict_set(to, name, accel_contiguous(tensor));
}

static size_t bytes_of_sample(accel_dict *tensors, int64_t length)
{
    size_t bytes = 0;
    for (size_t i = 0; i < accel_dict_count(tensors); i++)
        bytes += accel_tensor_bytes(accel_dict_tensor(tensors, i));
    return length > 0 ? bytes / (size_t)length : 0;
}

accel_dataset *accel_tensor_dataset(accel_dict *tensors)
{
    RETURN_NULL_IF_FAILED();
    if (!object_payload(tensors, &dict_class, __func__, "tensors"))
        return NULL;
    int64_t length = -1;
    tensor_dataset *d = memory_alloc(1, sizeof *d);
    accel_dict *copies = accel_dict_create();
    accel_scoped() {
        for (size_t i = 0; copies && i < accel_dict_count(tensors); i++)
            add(copies, accel_dict_name(tensors, i), accel_dict_tensor(tensors, i), &length);
    }
    if (!accel_error_is_set() && length < 0)
        RAISE(ACCEL_EINVAL, "the dict has no tensors");
    accel_dataset *dataset = NULL;
    if (!accel_error_is_set()) {
        d->tensors = object_take(copies);
        dataset = accel_dataset_create(.length = length, .batch = batch, .user = d, .release = release);
        if (dataset) {
            dataset_set_copied_bytes(dataset, bytes_of_sample(d->tensors, length));
            return dataset;
        }
        object_release(copies);
    } else if (copies) {
        accel_free(copies);
    }
    memory_free(d);
    error_name_memory(__func__, false);
    return NULL;
}
