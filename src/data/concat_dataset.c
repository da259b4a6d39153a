#include <stdio.h>

#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "data/dataset.h"
#include "data/schema.h"

static const char call[] = "accel_concat_dataset";

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
    size_t *parts; /* which one gave each */
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
        p->parts[p->count] = part;
        if (wanted > 0)
            p->list[p->count++] = dataset_batch(d->parts[part], within, wanted);
    }
    memory_free(within);
    return accel_error_status();
}

/* Of batches that two parts made, or of one sample of each. */
static accel_status compare(accel_dict *one, size_t one_part, accel_dict *other, size_t other_part)
{
    enum { PART_TEXT = 40 };
    char first[PART_TEXT], second[PART_TEXT];
    snprintf(first, sizeof first, "datasets[%zu]", one_part);
    snprintf(second, sizeof second, "datasets[%zu]", other_part);
    return schema_check(&(schema_pair){call, one, other, first, second}, 1);
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
    for (size_t i = 1; i < p->count; i++)
        if (compare(p->list[0], p->parts[0], p->list[i], p->parts[i]) != ACCEL_OK)
            return NULL;
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
                .parts = memory_alloc(d->count, sizeof(size_t)),
                .rows = memory_alloc(count, sizeof(int64_t))};
    accel_dict *result = NULL;
    if (p.list && p.parts && p.rows && ask(d, indices, count, &p) == ACCEL_OK)
        result = join_all(&p, count);
    memory_free(p.list);
    memory_free(p.parts);
    memory_free(p.rows);
    return result;
}

/* ---- */

/* Compares the first samples of those parts where having one is a plain copy. Others show theirs in the loop. */
static accel_status compare_first_samples(const concat_dataset *d)
{
    size_t first = d->count;
    accel_dict *of_first = NULL;
    accel_scoped() {
        for (size_t i = 0; i < d->count && !accel_error_is_set(); i++) {
            if (dataset_copied_bytes(d->parts[i]) == 0)
                continue;
            accel_dict *batch = dataset_batch(d->parts[i], &(int64_t){0}, 1);
            if (of_first && batch)
                compare(of_first, first, batch, i);
            if (of_first)
                continue;
            of_first = batch;
            first = i;
        }
    }
    return accel_error_status();
}

/* Adds the dataset; the samples before it count `*length`. */
static accel_status add(concat_dataset *d, accel_dataset *part, int64_t *length)
{
    const accel_dataset_options *maker = dataset_source(part, call);
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
        copies = copies && (bytes > 0 || d->makers[i]->length == 0);
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
    bool alike = !accel_error_is_set() && compare_first_samples(d) == ACCEL_OK;
    accel_dataset *dataset = alike ? create(d, length) : NULL;
    if (!dataset)
        release(d);
    error_name_memory(call, false);
    return dataset;
}
