#include "data/loader.h"

#include <accel/ops.h>
#include <accel/random.h>
#include <accel/options.h>

#include "base/callback.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"
#include "base/waiting.h"
#include "data/indexed.h"
#include "data/loader_options.h"
#include "data/prefetch.h"
#include "data/sampler.h"
#include "data/stream.h"
#include "tensor/device.h"
#include "tensor/phase.h"
#include "tensor/state.h"

typedef struct loader {
    accel_dataset *dataset; /* retained */
    bool iterable;          /* it is */
    sampler sampler;
    accel_batches_function *batches; /* NULL: those of the sampler */
    void *batches_user;
    dispatch_feed feed;  /* where sampler.dispatched */
    bool seed_is_chosen; /* by the program */
    int64_t own_seed;    /* while no shard's counts */
    int workers, ahead;
    accel_device device; /* where batches go */
    int64_t epoch;
    int64_t skips;               /* batches of the next loop */
    int64_t seen;                /* samples of the next loop's order that it begins after, all processes' */
    bool resumes;                /* the next loop is one that had begun: it draws nothing */
    int64_t begun_after;         /* samples that the loop under way began after */
    prefetch *running;           /* while a loop is */
    batch_round round;           /* of the batch in hand */
    bool has_batch;              /* in hand */
    int64_t loops, taken;        /* begun so far; batches of the last one */
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

accel_loader_options accel_loader_options_default(void)
{
    return (accel_loader_options){ACCEL_LOADER_DEFAULTS()};
}

accel_loader *accel_loader_create_with(accel_dataset *dataset, const accel_loader_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_loader_options o = accel_loader_options_default();
    if (accel_options_read("accel_loader_create", &o, sizeof o, options) != ACCEL_OK ||
        loader_options_check(&o) != ACCEL_OK)
        return NULL;
    const accel_dataset_options *source = dataset_source(dataset, "accel_loader_create");
    bool iterable = !accel_error_is_set() && dataset_is_iterable(dataset);
    if (accel_error_is_set() || (iterable && loader_options_check_iterable(&o) != ACCEL_OK))
        return NULL;
    loader *l = memory_alloc(1, sizeof *l);
    if (!l)
        return NULL;
    *l = (loader){.dataset = object_retain(dataset),
                  .iterable = iterable,
                  .batches = o.batches,
                  .batches_user = o.batches_user,
                  .workers = loader_options_workers(&o, dataset),
                  .ahead = o.prefetch,
                  .device = accel_device_cpu()};
    l->seed_is_chosen = o.data_seed >= 0;
    l->sampler =
        (sampler){.length = source->length,
                  .batch_size = o.batch_size,
                  .shuffle = o.shuffle,
                  .drop_last = o.drop_last,
                  .world_size = 1,
                  .seed = l->seed_is_chosen ? o.data_seed : (int64_t)accel_generator_initial_seed(NULL)};
    l->own_seed = l->sampler.seed;
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
    if (l->batches && shard->split_batches && shard->world_size > 1)
        return accel_error_raise(ACCEL_EINVAL, call,
                                 "split_batches needs a batch_size, and the loader has batches");
    if (!l->batches && shard->split_batches && batch_size % shard->world_size != 0)
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
    s->dispatched = shard->dispatched;
    return ACCEL_OK;
}

void loader_set_device(accel_loader *handle, accel_device device)
{
    ((loader *)((object *)handle)->payload)->device = device;
}

void loader_forget_shard(accel_loader *handle)
{
    loader *l = ((object *)handle)->payload;
    sampler *s = &l->sampler;
    s->rank = 0;
    s->world_size = 1;
    s->split_batches = s->even_batches = s->dispatched = false;
    s->seed = l->own_seed;
}

void loader_set_feed(accel_loader *handle, const dispatch_feed *feed)
{
    loader *l = ((object *)handle)->payload;
    if (l->sampler.dispatched)
        accel_loader_end(handle);
    l->feed = feed ? *feed : (dispatch_feed){0};
    l->sampler.dispatched = feed;
}

bool loader_set_even_batches(accel_loader *handle, bool even)
{
    loader *l = ((object *)handle)->payload;
    bool before = l->sampler.even_batches;
    l->sampler.even_batches = even;
    return before;
}

bool loader_is_iterable(accel_loader *handle)
{
    const loader *l = loader_of(handle, __func__);
    return l && l->iterable;
}

accel_status loader_describe(accel_loader *handle, buffer *text)
{
    loader *l = loader_of(handle, "accelerator_prepare");
    if (!l)
        return accel_error_status();
    buffer_append_string(text, l->iterable ? "an iterable loader of " : "a loader of ");
    if (l->sampler.length < 0)
        buffer_append_string(text, "samples");
    else
        buffer_printf(text, "%lld samples", (long long)l->sampler.length);
    if (l->batches)
        return buffer_append_string(text, " in batches of the program's own");
    return buffer_printf(text, " in batches of %lld%s%s", (long long)l->sampler.batch_size,
                         l->sampler.shuffle ? ", shuffled" : "", l->sampler.drop_last ? ", drop_last" : "");
}

static batch_list *make_list(const loader *l, const sampler *s)
{
    callback running;
    callback_begin(&running, CALLBACK_BATCHES, l);
    batch_list *list = batch_list_make(l->batches, l->batches_user, l->epoch, s);
    callback_end(&running);
    return list;
}

/* Of the program's own batches in the next epoch. */
static int64_t count_list(const loader *l)
{
    if (callback_refuses(CALLBACK_BATCHES, l, "accel_loader_length"))
        return -1;
    batch_list *list = make_list(l, &l->sampler);
    int64_t count = list ? batch_list_batches(list) : -1;
    batch_list_free(list);
    return count;
}

int64_t accel_loader_length(accel_loader *handle)
{
    loader *l = loader_of(handle, __func__);
    if (!l)
        return -1;
    if (l->batches)
        return accel_error_is_set() ? -1 : count_list(l);
    if (l->sampler.length >= 0)
        return sampler_batches(&l->sampler);
    RAISE(ACCEL_EUNSUPPORTED, "the dataset does not know how many samples it has");
    return -1;
}

accel_status accel_loader_skip_first_batches(accel_loader *handle, int64_t num_batches)
{
    RETURN_STATUS_IF_FAILED();
    loader *l = loader_of(handle, __func__);
    if (!l)
        return accel_error_status();
    if (num_batches < 0)
        return RAISE(ACCEL_EINVAL, "num_batches must not be negative, got %lld", (long long)num_batches);
    if (l->running)
        return RAISE(ACCEL_EINVAL, "a loop over this loader is running");
    l->skips = num_batches;
    l->seen = 0;
    return ACCEL_OK;
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
    l->seen = 0;
    return ACCEL_OK;
}

/* ---- state ---- */

/* Samples that the next loop begins after. */
static int64_t samples_before(const loader *l)
{
    int64_t round = sampler_round(&l->sampler);
    return l->skips > (INT64_MAX - l->seen) / round ? INT64_MAX : l->seen + l->skips * round;
}

/* The same for what comes after the batch at hand, where a loop is under way. */
static int64_t samples_seen(const loader *l)
{
    int64_t length = l->sampler.length, seen = samples_before(l);
    if (l->running)
        seen = l->begun_after + l->taken * sampler_round(&l->sampler);
    return length >= 0 && seen > length ? length : seen;
}

static void set_number(accel_dict *dict, const char *name, int64_t number)
{
    state_set(dict, name, ACCEL_INT64, &number, NULL, 0);
}

accel_dict *accel_loader_state_dict(accel_loader *handle)
{
    RETURN_NULL_IF_FAILED();
    const loader *l = loader_of(handle, __func__);
    accel_dict *dict = l ? accel_dict_create() : NULL;
    if (!dict)
        return NULL;
    set_number(dict, "epoch", l->running ? l->epoch - 1 : l->epoch);
    set_number(dict, "samples_seen", samples_seen(l));
    set_number(dict, "in_loop", l->running || l->resumes);
    set_number(dict, "data_seed", l->sampler.seed);
    set_number(dict, "length", l->sampler.length);
    if (!accel_error_is_set())
        return dict;
    accel_free(dict);
    return NULL;
}

static const char loading[] = "accel_loader_load_state_dict";

static int64_t get_number(accel_dict *state, const char *name)
{
    accel_tensor *number = state_get(state, name, loading);
    return number ? accel_item_integer(number) : -1;
}

typedef struct loader_state {
    int64_t epoch, seen, in_loop, seed;
} loader_state;

static accel_status read_state(const loader *l, accel_dict *state, loader_state *read)
{
    if (l->running)
        return accel_error_raise(ACCEL_EINVAL, loading, "a loop over this loader is running");
    *read = (loader_state){get_number(state, "epoch"), get_number(state, "samples_seen"),
                           get_number(state, "in_loop"), get_number(state, "data_seed")};
    int64_t length = get_number(state, "length");
    if (accel_error_is_set())
        return accel_error_status();
    if (length != l->sampler.length)
        return accel_error_raise(ACCEL_EMISMATCH, loading,
                                 "state is of a dataset of %lld samples, the loader's has %lld",
                                 (long long)length, (long long)l->sampler.length);
    if (read->epoch < 0 || read->epoch > INT32_MAX || read->seen < 0)
        return accel_error_raise(ACCEL_EINVAL, loading, "state has epoch %lld and %lld samples seen",
                                 (long long)read->epoch, (long long)read->seen);
    return ACCEL_OK;
}

accel_status loader_check_state(accel_loader *handle, accel_dict *state)
{
    RETURN_STATUS_IF_FAILED();
    loader_state unused;
    const loader *l = loader_of(handle, loading);
    return l ? read_state(l, state, &unused) : accel_error_status();
}

accel_status accel_loader_load_state_dict(accel_loader *handle, accel_dict *state)
{
    RETURN_STATUS_IF_FAILED();
    loader_state read;
    loader *l = loader_of(handle, loading);
    if (!l || read_state(l, state, &read) != ACCEL_OK)
        return accel_error_status();
    l->epoch = read.epoch;
    l->seen = read.seen;
    l->skips = 0;
    l->resumes = read.in_loop;
    l->sampler.seed = read.seed;
    return ACCEL_OK;
}

bool loader_is_running(accel_loader *handle)
{
    const loader *l = loader_of(handle, "accel_loader");
    return l && l->running;
}

/* ---- loops ---- */

static bool open_stream(const loader *l, batch_source *source, const sampler *s, int64_t from)
{
    callback running;
    callback_begin(&running, CALLBACK_DATASET, l);
    bool opened = stream_open(source, l->dataset, s, l->epoch, from);
    callback_end(&running);
    return opened;
}

/* Whole rounds that were seen, of batches that cannot begin anywhere. -1, which is recorded, where others had rounds of another
   size. */
static int64_t seen_rounds(const loader *l)
{
    int64_t round = sampler_round(&l->sampler);
    if (l->seen % round == 0)
        return l->seen / round;
    accel_error_raise(ACCEL_EUNSUPPORTED, "accel_loader_begin",
                      "the loop that is to go on had %lld samples, and these processes take %lld at once: an "
                      "iterable dataset, and batches "
                      "of the program's own, go on after whole rounds alone",
                      (long long)l->seen, (long long)round);
    return -1;
}

/* The batches of an epoch for a rank, or for all. */
static bool open_batches(const loader *l, int rank, batch_source *source)
{
    sampler s = l->sampler;
    s.rank = rank;
    bool anywhere = !l->iterable && !l->batches;
    int64_t rounds = anywhere ? 0 : seen_rounds(l);
    if (rounds < 0)
        return false;
    s.seen = anywhere ? l->seen : 0;
    int64_t skips = l->skips > INT64_MAX - rounds ? INT64_MAX : l->skips + rounds;
    int64_t each = rank == SAMPLER_ALL ? s.world_size : 1;
    int64_t from = skips > INT64_MAX / each ? INT64_MAX : skips * each;
    bool opened;
    if (l->iterable) {
        opened = open_stream(l, source, &s, from);
    } else if (!l->batches) {
        opened = indexed_open(source, l->dataset, &s, l->epoch, from);
    } else {
        batch_list *list = make_list(l, &s);
        opened = list && indexed_open_list(source, l->dataset, list, from);
    }
    source->owner = l;
    return opened;
}

static prefetch *start(const loader *l)
{
    batch_source source;
    bool opened;
    if (!l->sampler.dispatched) {
        opened = open_batches(l, l->sampler.rank, &source);
        return opened ? prefetch_start(&source, l->workers, l->ahead, l->device) : NULL;
    }
    if (l->sampler.rank == 0) {
        batch_source all;
        opened = open_batches(l, SAMPLER_ALL, &all) &&
                 dispatch_open_reader(&source, &all, l->skips, l->workers, l->ahead, &l->feed);
    } else {
        opened = dispatch_open(&source, l->skips, l->ahead, &l->feed);
    }
    source.owner = l;
    return opened ? prefetch_start(&source, 1, l->ahead, l->device) : NULL;
}

accel_status accel_loader_begin(accel_loader *handle)
{
    RETURN_STATUS_IF_FAILED();
    loader *l = loader_of(handle, __func__);
    if (!l)
        return accel_error_status();
    if (callback_refuses(CALLBACK_DATASET | CALLBACK_BATCHES, l, __func__))
        return accel_error_status();
    if (l->running)
        return RAISE(ACCEL_EINVAL, "a loop over this loader is running already");
    scope_clear(l->scope);
    if (!l->resumes)
        accel_generator_draw(NULL);
    l->running = start(l);
    error_name_memory(__func__, true);
    if (!l->running)
        return accel_error_status();
    l->epoch++;
    l->loops++;
    l->begun_after = samples_before(l);
    l->skips = l->seen = 0;
    l->resumes = false;
    l->has_batch = false;
    l->taken = 0;
    l->outer_running = innermost_running;
    innermost_running = object_retain(handle);
    scope_enter(l->scope);
    return ACCEL_OK;
}

/* A batch that another process has to send may keep this one for as long as it likes. */
static void begin_waiting(const loader *l)
{
    if (l->sampler.dispatched)
        waiting_begin("the wait for a batch");
}

static void end_waiting(const loader *l)
{
    if (l->sampler.dispatched)
        waiting_end();
}

accel_dict *accel_loader_next(accel_loader *handle)
{
    RETURN_NULL_IF_FAILED();
    loader *l = loader_of(handle, __func__);
    if (!l)
        return NULL;
    if (callback_refuses(CALLBACK_DATASET | CALLBACK_BATCHES, l, __func__))
        return NULL;
    if (!l->running)
        return RAISE_NULL(ACCEL_EINVAL, "no loop over this loader has begun");
    phase *waits = phase_begin("load");
    begin_waiting(l);
    prefetched next = prefetch_next(l->running);
    end_waiting(l);
    phase_end(waits);
    error_name_memory(__func__, true);
    l->has_batch = l->has_batch && !accel_error_is_set();
    if (!next.batch)
        return NULL;
    scope_clear(l->scope);
    l->round = next.round;
    l->has_batch = true;
    l->taken++;
    if (l->sampler.dispatched)
        l->feed.took(l->feed.user);
    if (scope_adopt(l->scope, (object *)next.batch) == ACCEL_OK)
        return next.batch;
    object_release(next.batch);
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

bool loader_dispatched_progress(int64_t *loops, int64_t *taken)
{
    for (accel_loader *at = innermost_running; at;) {
        const loader *l = ((object *)at)->payload;
        *loops = l->loops;
        *taken = l->taken;
        if (l->sampler.dispatched)
            return true;
        at = l->outer_running;
    }
    return false;
}

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
    if (!l || callback_refuses(CALLBACK_DATASET | CALLBACK_BATCHES, l, __func__) || !l->running)
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
    if (!l || !l->running || !l->has_batch || accel_error_is_set())
        return false;
    begin_waiting(l);
    bool over = prefetch_is_over(l->running);
    end_waiting(l);
    return over;
}

const batch_round *loader_round(accel_loader *handle)
{
    const loader *l = loader_of(handle, __func__);
    return l && l->running && l->has_batch ? &l->round : NULL;
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
