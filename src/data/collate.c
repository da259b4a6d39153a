#include <stdio.h>
#include <string.h>

#include <accel/dataset.h>
#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "data/schema.h"
#include "tensor/tensor.h"

enum { SAMPLE_TEXT = 48 };

static const char *sample_text(char text[SAMPLE_TEXT], size_t index)
{
    snprintf(text, SAMPLE_TEXT, "sample %zu", index);
    return text;
}

/* All samples of a batch have the names of the first. */
static accel_status check_names(accel_dict *const *samples, size_t count, const char *call)
{
    char other[SAMPLE_TEXT];
    for (size_t i = 1; i < count && !accel_error_is_set(); i++)
        if (!schema_same_names(samples[0], samples[i]) && !accel_error_is_set())
            schema_raise_names(&(schema_pair){call, samples[0], samples[i], "sample 0", sample_text(other, i)});
    return accel_error_status();
}

/* The tensors that all samples have under one name: an array the caller frees, NULL on failure. */
static accel_tensor **column(accel_dict *const *samples, size_t count, const char *name)
{
    accel_tensor **tensors = memory_alloc(count, sizeof(accel_tensor *));
    for (size_t i = 0; tensors && i < count; i++)
        tensors[i] = accel_dict_get(samples[i], name);
    if (!accel_error_is_set())
        return tensors;
    memory_free(tensors);
    return NULL;
}

/* A dtype or shape that depends on the batch would surprise: all samples have those of the first. */
static accel_tensor *stack_column(accel_dict *const *samples, accel_tensor *const *tensors, size_t count,
                                  const char *name, const char *call)
{
    char other[SAMPLE_TEXT];
    for (size_t i = 1; i < count; i++)
        if (!schema_same_tensor(tensors[0], tensors[i], 0))
            return schema_raise_tensor(
                       &(schema_pair){call, samples[0], samples[i], "sample 0", sample_text(other, i)}, name,
                       0),
                   NULL;
    return accel_stack(tensors, count, 0);
}

accel_dict *accel_collate_stack(void *user, accel_dict *const *samples, size_t count)
{
    (void)user;
    RETURN_NULL_IF_FAILED();
    if (!samples || count == 0)
        return RAISE_NULL(ACCEL_EINVAL, "there are no samples");
    check_names(samples, count, __func__);
    accel_dict *batch = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(samples[0]) && !accel_error_is_set(); i++) {
        const char *name = accel_dict_name(samples[0], i);
        accel_tensor **tensors = column(samples, count, name);
        if (!tensors)
            break;
        accel_tensor *stacked = stack_column(samples, tensors, count, name, __func__);
        memory_free(tensors);
        accel_dict_set(batch, name, stacked);
    }
    error_name_memory(__func__, false);
    return accel_error_is_set() ? NULL : batch;
}

/* The longest of 1-dimensional tensors of one dtype; -1 when they are not that. */
static int64_t longest(accel_tensor *const *tensors, size_t count, const char *name)
{
    int64_t length = -1;
    for (size_t i = 0; i < count; i++) {
        if (accel_tensor_rank(tensors[i]) != 1 ||
            accel_tensor_dtype(tensors[i]) != accel_tensor_dtype(tensors[0])) {
            accel_error_raise(ACCEL_EINVAL, "accel_collate_padded",
                              "\"%s\" of sample %zu must have 1 dimension and the dtype of the first", name, i);
            return -1;
        }
        int64_t size = accel_tensor_size(tensors[i], 0);
        length = size > length ? size : length;
    }
    return length;
}

/* One name's tensors, filled to the longest: (count, length). */
static accel_tensor *pad_column(accel_tensor *const *tensors, size_t count, const char *name, double value)
{
    int64_t length = longest(tensors, count, name);
    if (length < 0)
        return NULL;
    accel_tensor *padded =
        accel_full(value, accel_tensor_dtype(tensors[0]), ACCEL_SHAPE((int64_t)count, length));
    if (!padded || length == 0)
        return padded;
    size_t row_bytes = accel_tensor_bytes(padded) / count;
    char *row = accel_tensor_data(padded);
    for (size_t i = 0; i < count; i++, row += row_bytes)
        accel_tensor_copy_to(tensors[i], row, accel_tensor_bytes(tensors[i]));
    return padded;
}

static double padding_of(const char *name, const accel_padding *paddings, size_t count)
{
    for (size_t i = 0; paddings && i < count; i++)
        if (paddings[i].name && strcmp(paddings[i].name, name) == 0)
            return paddings[i].value;
    return 0;
}

accel_dict *accel_collate_padded(accel_dict *const *samples, size_t count, const accel_padding *paddings,
                                 size_t paddings_count)
{
    RETURN_NULL_IF_FAILED();
    if (!samples || count == 0)
        return RAISE_NULL(ACCEL_EINVAL, "there are no samples");
    check_names(samples, count, __func__);
    accel_dict *batch = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(samples[0]) && !accel_error_is_set(); i++) {
        const char *name = accel_dict_name(samples[0], i);
        accel_tensor **tensors = column(samples, count, name);
        if (!tensors)
            break;
        accel_tensor *joined =
            accel_tensor_rank(tensors[0]) == 1
                ? pad_column(tensors, count, name, padding_of(name, paddings, paddings_count))
                : stack_column(samples, tensors, count, name, __func__);
        memory_free(tensors);
        accel_dict_set(batch, name, joined);
    }
    error_name_memory(__func__, false);
    return accel_error_is_set() ? NULL : batch;
}
