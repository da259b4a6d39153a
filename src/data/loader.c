#include "data/loader.h"

#include <accel/random.h>
#include <accel/options.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"
#include "data/prefetch.h"
#include "data/sampler.h"

typedef struct loader {
    accel_dataset *dataset; /* retained */
    sampler sampler;
    bool seed_is_chosen; /* by the program */
    int workers, ahead;
    int64_t epoch;
    prefetch *running;           /* while a loop is */
    int64_t given;               /* batches of this loop, so far */
    accel_loader *outer_running; /* the loop begun before this one on the thread */
    accel_scope *scope;          /* holds the batch and what is computed from it */
} loader;

static _Thread_local accel_loader *innermost_running;

static void free_loader(loader *l)
{
    prefetch_stop(l->running);
    scope_free(l->scope);
    object_release(l->dataset);
    memory_free(l);
}

static void destroy(object *o) { free_loader(o->payload); }

const object_class loader_class = {.name = "loader", .destroy = destroy};

static loader *loader_of(accel_loader *handle, const char *call)
{
    return object_payload(handle, &loader_class, call, "loader");
}

static accel_status check(const accel_loader_options *o)
{
    static const char call[] = "accel_loader_create";
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

/* A thread repays its hand-over, some microseconds a batch, unless a batch is copied in less. */
static int workers_for(const accel_loader_options *o, accel_dataset *dataset)
{
    enum { QUICK_COPY = 1 << 16 };
    if (o->num_workers >= 0)
        return o->num_workers;
    size_t bytes = dataset_copied_bytes(dataset);
    return bytes > 0 && (int64_t)bytes <= QUICK_COPY / o->batch_size ? 0 : 1;
}

accel_loader_options accel_loader_options_default(void)
{
    return (accel_loader_options){ACCEL_LOADER_DEFAULTS()};
}

accel_loader *accel_loader_create_with(accel_dataset *dataset, const accel_loader_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_loader_options o = accel_loader_options_default();
    if (accel_options_read("accel_loader_create", &o, sizeof o, options) != ACCEL_OK || check(&o) != ACCEL_OK)
        return NULL;
    int64_t length = accel_dataset_length(dataset);
    loader *l = length >= 0 ? memory_alloc(1, sizeof *l) : NULL;
    if (!l)
        return NULL;
    *l = (loader){.dataset = object_retain(dataset), .workers = workers_for(&o, dataset), .ahead = o.prefetch};
    l->seed_is_chosen = o.data_seed >= 0;
    l->sampler =
        (sampler){.length = length,
                  .batch_size = o.batch_size,
                  .shuffle = o.shuffle,
                  .drop_last = o.drop_last,
                  .world_size = 1,
                  .seed = l->seed_is_chosen ? o.data_seed : (int64_t)accel_generator_initial_seed(NULL)};
    l->scope = scope_create();
    object *handle = l->scope ? object_create(&loader_class, l) : NULL;
    if (!handle)
        free_loader(l);
    return (accel_loader *)handle;
}

accel_status loader_set_data_seed(accel_loader *handle, int64_t seed)
{
    loader *l = loader_of(handle, "accelerator_prepare");
    if (l && !l->seed_is_chosen)
        l->sampler.seed = seed;
    return accel_error_status();
}

accel_status loader_check_shard(accel_loader *handle, const loader_shard *shard)
{
    static const char call[] = "accelerator_prepare";
    loader *l = loader_of(handle, call);
    if (!l)
        return accel_error_status();
    if (l->running)
        return accel_error_raise(ACCEL_EINVAL, call, "a loop over this loader is running");
    int64_t batch_size = l->sampler.batch_size;
    if (shard->split_batches && batch_size % shard->world_size != 0)
        return accel_error_raise(ACCEL_EINVAL, call, "batch_size %lld cannot be split over %d processes",
                                 (long long)batch_size, shard->world_size);
    if (!shard->split_batches && batch_size > INT64_MAX / shard->world_size)
        return accel_error_raise(ACCEL_EINVAL, call, "batch_size %lld is too large for %d processes",
                                 (long long)batch_size, shard->world_size);
    return ACCEL_OK;
}

accel_status loader_set_shard(accel_loader *handle, const loader_shard *shard)
{
    RETURN_STATUS_IF_FAILED();
    if (loader_check_shard(handle, shard) != ACCEL_OK)
        return accel_error_status();
    sampler *s = &((loader *)((object *)handle)->payload)->sampler;
    s->rank = shard->rank;
    s->world_size = shard->world_size;
    s->split_batches = shard->split_batches;
    s->even_batches = shard->even_batches;
    return ACCEL_OK;
}

accel_status loader_describe(accel_loader *handle, buffer *text)
{
    loader *l = loader_of(handle, "accelerator_prepare");
    if (!l)
        return accel_error_status();
    return buffer_printf(text, "a loader of %lld samples in batches of %lld%s%s", (long long)l->sampler.length,
                         (long long)l->sampler.batch_size, l->sampler.shuffle ? ", shuffled" : "",
                         l->sampler.drop_last ? ", drop_last" : "");
}

int64_t accel_loader_length(accel_loader *handle)
{
    loader *l = loader_of(handle, __func__);
    return l ? sampler_batches(&l->sampler) : -1;
}

int64_t accel_loader_epoch(accel_loader *handle)
{
    loader *l = loader_of(handle, __func__);
    return l ? l->epoch : -1;
}

accel_status accel_loader_set_epoch(accel_loader *handle, int64_t epoch)
{
    RETURN_STATUS_IF_FAILED();
    loader *l = loader_of(handle, __func__);
    if (!l)
        return accel_error_status();
    if (epoch < 0 || epoch > INT32_MAX)
        return RAISE(ACCEL_EINVAL, "epoch must be in [0, %d], got %lld", INT32_MAX, (long long)epoch);
    l->epoch = epoch;
    return ACCEL_OK;
}

accel_status accel_loader_begin(accel_loader *handle)
{
    RETURN_STATUS_IF_FAILED();
    loader *l = loader_of(handle, __func__);
    if (!l)
        return accel_error_status();
    if (l->running)
        return RAISE(ACCEL_EINVAL, "a loop over this loader is running already");
    scope_clear(l->scope);
    accel_generator_draw(NULL);
    int64_t *order = sampler_order(&l->sampler, l->epoch);
    l->running = prefetch_start(l->dataset, &l->sampler, order, l->workers, l->ahead);
    if (!l->running)
        return accel_error_status();
    l->epoch++;
    l->given = 0;
    l->outer_running = innermost_running;
    innermost_running = object_retain(handle);
    scope_enter(l->scope);
    return ACCEL_OK;
}

accel_dict *accel_loader_next(accel_loader *handle)
{
    RETURN_NULL_IF_FAILED();
    loader *l = loader_of(handle, __func__);
    if (!l)
        return NULL;
    if (!l->running)
        return RAISE_NULL(ACCEL_EINVAL, "no loop over this loader has begun");
    accel_dict *batch = prefetch_next(l->running);
    if (!batch)
        return NULL;
    scope_clear(l->scope);
    l->given++;
    if (scope_adopt(l->scope, (object *)batch) == ACCEL_OK)
        return batch;
    object_release(batch);
    return NULL;
}

/* Takes a loader out of the thread's list, wherever it stands. */
static void leave_running(accel_loader *handle, const loader *l)
{
    accel_loader **link = &innermost_running;
    while (*link && *link != handle)
        link = &((loader *)((object *)*link)->payload)->outer_running;
    if (*link)
        *link = l->outer_running;
}

accel_loader *loader_innermost(void) { return innermost_running; }

void loader_end_all(void)
{
    while (innermost_running) {
        accel_loader *last = innermost_running;
        accel_loader_end(last);
        if (innermost_running == last) /* another thread ended it */
            innermost_running = NULL;
    }
}

void accel_loader_end(accel_loader *handle)
{
    loader *l = handle ? loader_of(handle, __func__) : NULL;
    if (!l || !l->running)
        return;
    leave_running(handle, l);
    prefetch_stop(l->running);
    l->running = NULL;
    scope_leave(l->scope);
    object_release(handle);
}

bool loader_at_end(accel_loader *handle)
{
    loader *l = loader_of(handle, __func__);
    return l && l->running && l->given > 0 && l->given == sampler_batches(&l->sampler);
}

int64_t loader_remainder(accel_loader *handle)
{
    loader *l = loader_of(handle, __func__);
    return l ? sampler_remainder(&l->sampler) : -1;
}

accel_loop accel_loop_begin(accel_loader *loader_handle)
{
    bool begun = accel_loader_begin(loader_handle) == ACCEL_OK;
    return (accel_loop){.open = begun, .loader = begun ? loader_handle : NULL};
}

void accel_loop_end(accel_loop *loop)
{
    if (loop)
        accel_loader_end(loop->loader);
}
