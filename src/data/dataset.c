#include "data/dataset.h"

#include <accel/options.h>

#include "base/callback.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"
#include "tensor/dict.h"

typedef struct dataset {
    accel_dataset_options source; /* of an iterable one only what it has, too */
    bool iterable;
    accel_iterable_dataset_options passes;
    size_t copied_bytes; /* of a sample, when making one is a plain copy; 0: more than that */
} dataset;

static void destroy(object *o)
{
    dataset *d = o->payload;
    if (d->source.release) {
        callback running;
        callback_begin(&running, CALLBACK_RELEASE, NULL);
        d->source.release(d->source.user);
        callback_end(&running);
    }
    memory_free(d);
}

const object_class dataset_class = {.name = "dataset", .destroy = destroy};

static dataset *dataset_of(accel_dataset *handle, const char *call)
{
    return object_payload(handle, &dataset_class, call, "dataset");
}

accel_dataset_options accel_dataset_options_default(void)
{
    return (accel_dataset_options){ACCEL_DATASET_DEFAULTS()};
}

static accel_dataset *create(const dataset *made, const char *call)
{
    dataset *d = memory_alloc(1, sizeof *d);
    object *handle = d ? object_create(&dataset_class, d) : NULL;
    if (!handle) {
        memory_free(d);
        error_name_memory(call, true);
        return NULL;
    }
    *d = *made;
    return (accel_dataset *)handle;
}

accel_dataset *accel_dataset_create_with(const accel_dataset_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_dataset_options o = accel_dataset_options_default();
    if (accel_options_read(__func__, &o, sizeof o, options) != ACCEL_OK)
        return NULL;
    if (o.length < 0)
        return RAISE_NULL(ACCEL_EINVAL, "length must not be negative, got %lld", (long long)o.length);
    if (!o.sample && !o.batch)
        return RAISE_NULL(ACCEL_EINVAL, "neither sample nor batch is given");
    if (o.batch && (o.sample || o.collate))
        return RAISE_NULL(ACCEL_EINVAL,
                          "batch is given, and sample or collate, too: which is to make a batch?");
    if (!o.collate)
        o.collate = accel_collate_stack;
    return create(&(dataset){.source = o}, __func__);
}

accel_iterable_dataset_options accel_iterable_dataset_options_default(void)
{
    return (accel_iterable_dataset_options){ACCEL_ITERABLE_DATASET_DEFAULTS()};
}

accel_dataset *accel_iterable_dataset_with(const accel_iterable_dataset_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_iterable_dataset_options o = accel_iterable_dataset_options_default();
    if (accel_options_read("accel_iterable_dataset", &o, sizeof o, options) != ACCEL_OK)
        return NULL;
    if (o.length < -1)
        return RAISE_NULL(ACCEL_EINVAL, "length must be -1 or more, got %lld", (long long)o.length);
    if (!o.next)
        return RAISE_NULL(ACCEL_EINVAL, "next is NULL");
    const accel_dataset_options common = {.length = o.length,
                                          .collate = o.collate ? o.collate : accel_collate_stack,
                                          .user = o.user,
                                          .release = o.release};
    return create(&(dataset){.source = common, .iterable = true, .passes = o}, __func__);
}

int64_t accel_dataset_length(accel_dataset *handle)
{
    dataset *d = dataset_of(handle, __func__);
    return d ? d->source.length : -1;
}

void dataset_set_copied_bytes(accel_dataset *handle, size_t bytes)
{
    dataset *d = dataset_of(handle, __func__);
    if (d)
        d->copied_bytes = bytes;
}

size_t dataset_copied_bytes(accel_dataset *handle)
{
    dataset *d = dataset_of(handle, __func__);
    return d ? d->copied_bytes : 0;
}

const accel_dataset_options *dataset_source(accel_dataset *handle, const char *call)
{
    const dataset *d = dataset_of(handle, call);
    return d ? &d->source : NULL;
}

void *dataset_user(accel_dataset *handle, void (*release)(void *user), const char *call)
{
    const accel_dataset_options *source = dataset_source(handle, call);
    return source && source->release == release ? source->user : NULL;
}

static accel_dict *collated_batch(const accel_dataset_options *d, const int64_t *indices, size_t count)
{
    accel_dict **samples = memory_alloc(count, sizeof(accel_dict *));
    if (!samples)
        return NULL;
    for (size_t i = 0; i < count && !accel_error_is_set(); i++) {
        samples[i] = d->sample(d->user, indices[i]);
        if (!samples[i] && !accel_error_is_set())
            accel_error_raise(ACCEL_EINVAL, "accel_loader_next", "the dataset gave no sample %lld",
                              (long long)indices[i]);
    }
    accel_dict *batch = accel_error_is_set() ? NULL : d->collate(d->user, samples, count);
    memory_free(samples);
    return batch;
}

accel_dict *dataset_batch(accel_dataset *handle, const int64_t *indices, size_t count)
{
    RETURN_NULL_IF_FAILED();
    dataset *d = dataset_of(handle, __func__);
    if (!d)
        return NULL;
    const accel_dataset_options *s = &d->source;
    accel_dict *batch = s->batch ? s->batch(s->user, indices, count) : collated_batch(s, indices, count);
    if (!batch && !accel_error_is_set())
        accel_error_raise(ACCEL_EINVAL, "accel_loader_next", "the dataset gave no batch");
    return accel_error_is_set() ? NULL : batch;
}

size_t dataset_part(const int64_t *firsts, size_t count, int64_t index)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (firsts[middle] <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- passes ---- */

bool dataset_is_iterable(accel_dataset *handle)
{
    dataset *d = dataset_of(handle, __func__);
    return d && d->iterable;
}

accel_status dataset_begin(accel_dataset *handle, int64_t epoch, void **pass)
{
    const accel_iterable_dataset_options *o = &dataset_of(handle, __func__)->passes;
    *pass = o->begin ? o->begin(o->user, epoch) : NULL;
    return accel_error_status();
}

void dataset_end(accel_dataset *handle, void *pass)
{
    const accel_iterable_dataset_options *o = &dataset_of(handle, __func__)->passes;
    if (o->end)
        o->end(o->user, pass);
}

accel_dict *dataset_next(accel_dataset *handle, void *pass)
{
    const accel_iterable_dataset_options *o = &dataset_of(handle, __func__)->passes;
    accel_dict *sample = NULL;
    accel_scope *scope = accel_scope_begin();
    if (!scope)
        return NULL;
    sample = o->next(o->user, pass);
    if (sample && ((object *)sample)->scope != scope) /* it stays the dataset's */
        sample = dict_share(sample);
    object_take(sample);
    scope_free(scope);
    if (!accel_error_is_set())
        return sample;
    object_release(sample);
    return NULL;
}

accel_dict *dataset_collate(accel_dataset *handle, accel_dict *const *samples, size_t count)
{
    const dataset *d = dataset_of(handle, __func__);
    const accel_iterable_dataset_options *o = &d->passes;
    accel_dict **made = memory_alloc(count, sizeof(accel_dict *));
    for (size_t i = 0; made && i < count && !accel_error_is_set(); i++) {
        made[i] = o->transform ? o->transform(o->user, samples[i]) : samples[i];
        if (!made[i] && !accel_error_is_set())
            accel_error_raise(ACCEL_EINVAL, "accel_loader_next", "transform gave no sample");
    }
    accel_dict *batch = accel_error_is_set() ? NULL : d->source.collate(o->user, made, count);
    memory_free(made);
    if (!batch && !accel_error_is_set())
        accel_error_raise(ACCEL_EINVAL, "accel_loader_next", "the dataset gave no batch");
    return accel_error_is_set() ? NULL : batch;
}
