#include <string.h>

#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "data/dataset.h"

typedef struct concat_dataset {
    size_t count;
    accel_dataset **parts;                /* retained */
    const accel_dataset_options **makers; /* theirs */
    int64_t *firsts;                      /* the number of each one's first sample */
} concat_dataset;

static void release(void *user)
{
    concat_dataset *d = user;
    for (size_t i = 0; i < d->count; i++)
        object_release(d->parts[i]);
    memory_free(d->parts);
    memory_free(d->makers);
    memory_free(d->firsts);
    memory_free(d);
}

static size_t part_of(const concat_dataset *d, int64_t index)
{
    return dataset_part(d->firsts, d->count, index);
}

/* ---- datasets that make samples ---- */

static accel_dict *sample(void *user, int64_t index)
{
    const concat_dataset *d = user;
    size_t part = part_of(d, index);
    int64_t within = index - d->firsts[part];
    if (d->makers[part]->sample)
        return d->makers[part]->sample(d->makers[part]->user, within);
    accel_dict *batch = dataset_batch(d->parts[part], &within, 1);
    accel_dict *made = accel_dict_create();
    for (size_t i = 0; batch && i < accel_dict_count(batch); i++)
        accel_dict_set(made, accel_dict_name(batch, i), accel_select(accel_dict_tensor(batch, i), 0, 0));
    return accel_error_is_set() ? NULL : made;
}

static accel_dict *collate(void *user, accel_dict *const *samples, size_t count)
{
    const concat_dataset *d = user;
    for (size_t i = 0; i < d->count; i++)
        if (d->makers[i]->collate)
            return d->makers[i]->collate(d->makers[i]->user, samples, count);
    return accel_collate_stack(NULL, samples, count);
}

/* ---- datasets that make batches ---- */

/* What the parts gave of a batch, and where each of its samples is in that, one behind the other. */
typedef struct pieces {
    accel_dict **list;
    size_t count;
    int64_t *rows;
} pieces;

/* Asks each part for its samples at once. */
static accel_status ask(const concat_dataset *d, const int64_t *indices, size_t count, pieces *p)
{
    int64_t *within = memory_alloc(count, sizeof *within);
    int64_t row = 0;
    for (size_t part = 0; within && part < d->count && row < (int64_t)count; part++) {
        size_t wanted = 0;
        for (size_t i = 0; i < count; i++) {
            if (part_of(d, indices[i]) != part)
                continue;
            within[wanted++] = indices[i] - d->firsts[part];
            p->rows[i] = row++;
        }
        if (wanted > 0)
            p->list[p->count++] = dataset_batch(d->parts[part], within, wanted);
    }
    memory_free(within);
    return accel_error_status();
}

static accel_tensor *join(const pieces *p, const char *name, accel_tensor *order)
{
    accel_tensor **tensors = memory_alloc(p->count, sizeof(accel_tensor *));
    for (size_t i = 0; tensors && i < p->count; i++)
        tensors[i] = accel_dict_get(p->list[i], name);
    accel_tensor *joined = tensors ? accel_index_select(accel_cat(tensors, p->count, 0), 0, order) : NULL;
    memory_free(tensors);
    return joined;
}

static accel_dict *join_all(const pieces *p, size_t count)
{
    if (p->count == 1)
        return p->list[0];
    accel_tensor *order = accel_tensor_copy_from(p->rows, ACCEL_INT64, ACCEL_SHAPE((int64_t)count));
    accel_dict *batch = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(p->list[0]) && !accel_error_is_set(); i++) {
        const char *name = accel_dict_name(p->list[0], i);
        accel_dict_set(batch, name, join(p, name, order));
    }
    return accel_error_is_set() ? NULL : batch;
}

static accel_dict *batch(void *user, const int64_t *indices, size_t count)
{
    const concat_dataset *d = user;
    pieces p = {.list = memory_alloc(d->count, sizeof(accel_dict *)),
                .rows = memory_alloc(count, sizeof(int64_t))};
    accel_dict *result = NULL;
    if (p.list && p.rows && ask(d, indices, count, &p) == ACCEL_OK)
        result = join_all(&p, count);
    memory_free(p.list);
    memory_free(p.rows);
    return result;
}

/* ---- */

/* Adds the dataset; the samples before it count `*length`. */
static accel_status add(concat_dataset *d, accel_dataset *part, int64_t *length)
{
    static const char call[] = "accel_concat_dataset";
    const accel_dataset_options *maker = dataset_source(part);
    if (!maker)
        return accel_error_status();
    if (dataset_is_iterable(part))
        return accel_error_raise(ACCEL_EUNSUPPORTED, call,
                                 "datasets[%zu] is iterable: its samples have no numbers", d->count);
    if (maker->length > INT64_MAX - *length)
        return accel_error_raise(ACCEL_EINVAL, call, "the datasets have more than %lld samples together",
                                 (long long)INT64_MAX);
    d->firsts[d->count] = *length;
    d->makers[d->count] = maker;
    d->parts[d->count++] = object_retain(part);
    *length += maker->length;
    return ACCEL_OK;
}

static accel_dataset *create(concat_dataset *d, int64_t length)
{
    size_t copied = 0;
    bool makes_samples = false, copies = true;
    for (size_t i = 0; i < d->count; i++) {
        size_t bytes = dataset_copied_bytes(d->parts[i]);
        copied = bytes > copied ? bytes : copied;
        copies = copies && bytes > 0;
        makes_samples = makes_samples || d->makers[i]->sample;
    }
    if (makes_samples)
        return accel_dataset_create(.length = length, .sample = sample, .collate = collate, .user = d,
                                    .release = release);
    accel_dataset *dataset =
        accel_dataset_create(.length = length, .batch = batch, .user = d, .release = release);
    if (dataset)
        dataset_set_copied_bytes(dataset, copies ? copied : 0);
    return dataset;
}

accel_dataset *accel_concat_dataset(accel_dataset *const *datasets, size_t count)
{
    RETURN_NULL_IF_FAILED();
    if (!datasets || count == 0)
        return RAISE_NULL(ACCEL_EINVAL, "there are no datasets");
    concat_dataset *d = memory_alloc(1, sizeof *d);
    if (!d)
        return NULL;
    int64_t length = 0;
    d->parts = memory_alloc(count, sizeof *d->parts);
    d->makers = memory_alloc(count, sizeof *d->makers);
    d->firsts = memory_alloc(count, sizeof *d->firsts);
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        add(d, datasets[i], &length);
    accel_dataset *dataset = accel_error_is_set() ? NULL : create(d, length);
    if (!dataset)
        release(d);
    return dataset;
}
