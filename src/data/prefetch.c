#include "data/prefetch.h"

#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"

/* A batch on its way from the thread that made it to the loop. */
typedef struct delivery {
    bool ready;
    accel_dict *batch; /* NULL when making it failed */
    accel_error error;
} delivery;

/* Threads claim batches in order; batch k waits in slot k % slots_count until the loop has taken k - slots_count. */
struct prefetch {
    accel_dataset *dataset; /* retained */
    sampler sampler;
    int64_t *order;
    int64_t batches, claimed, taken;
    delivery *slots;
    int64_t slots_count;
    pthread_t *threads;
    int threads_count;
    bool stopping;
    pthread_mutex_t lock;
    pthread_cond_t made, wanted;
};

/* Makes a batch in a scope of its own and leaves it without an owner. */
static accel_dict *make_batch(prefetch *p, int64_t number)
{
    size_t count;
    int64_t first = sampler_batch(&p->sampler, number, &count);
    accel_scope *scope = accel_scope_begin();
    if (!scope)
        return NULL;
    accel_dict *batch = dataset_batch(p->dataset, p->order + first, count);
    if (batch)
        object_take(batch);
    scope_free(scope);
    return batch;
}

/* Claims the next batch; -1 when there is none left or the epoch is over. Called and returns with the lock held. */
static int64_t claim(prefetch *p)
{
    while (!p->stopping && p->claimed < p->batches && p->claimed >= p->taken + p->slots_count)
        pthread_cond_wait(&p->wanted, &p->lock);
    return p->stopping || p->claimed == p->batches ? -1 : p->claimed++;
}

static void *work(void *argument)
{
    prefetch *p = argument;
    pthread_mutex_lock(&p->lock);
    for (int64_t number = claim(p); number >= 0; number = claim(p)) {
        pthread_mutex_unlock(&p->lock);
        delivery d = {.ready = true, .batch = make_batch(p, number)};
        error_take(&d.error);
        pthread_mutex_lock(&p->lock);
        p->slots[number % p->slots_count] = d;
        pthread_cond_broadcast(&p->made);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static accel_status start_threads(prefetch *p, int workers)
{
    p->threads = memory_alloc((size_t)workers, sizeof *p->threads);
    p->slots = memory_alloc((size_t)p->slots_count, sizeof *p->slots);
    if (!p->threads || !p->slots)
        return accel_error_status();
    for (; p->threads_count < workers; p->threads_count++) {
        int failure = pthread_create(&p->threads[p->threads_count], NULL, work, p);
        if (failure != 0)
            return accel_error_raise(ACCEL_EIO, "accel_loader_begin", "a thread cannot be started: %s",
                                     strerror(failure));
    }
    return ACCEL_OK;
}

prefetch *prefetch_start(accel_dataset *dataset, const sampler *s, int64_t *order, int workers, int ahead)
{
    prefetch *p = order ? memory_alloc(1, sizeof *p) : NULL;
    if (!p) {
        memory_free(order);
        return NULL;
    }
    *p = (prefetch){.dataset = object_retain(dataset),
                    .sampler = *s,
                    .order = order,
                    .batches = sampler_batches(s),
                    .slots_count = (int64_t)workers * ahead};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->made, NULL);
    pthread_cond_init(&p->wanted, NULL);
    if (workers == 0 || start_threads(p, workers) == ACCEL_OK)
        return p;
    prefetch_stop(p);
    return NULL;
}

/* Waits for the next batch and frees its slot. */
static accel_dict *receive(prefetch *p)
{
    pthread_mutex_lock(&p->lock);
    delivery *slot = &p->slots[p->taken % p->slots_count];
    while (!slot->ready)
        pthread_cond_wait(&p->made, &p->lock);
    delivery d = *slot;
    slot->ready = false;
    slot->batch = NULL;
    p->taken++;
    pthread_cond_signal(&p->wanted);
    pthread_mutex_unlock(&p->lock);
    if (!d.batch)
        error_restore(&d.error);
    return d.batch;
}

accel_dict *prefetch_next(prefetch *p)
{
    if (p->taken == p->batches)
        return NULL;
    return p->threads_count > 0 ? receive(p) : make_batch(p, p->taken++);
}

void prefetch_stop(prefetch *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->wanted);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->threads_count; i++)
        pthread_join(p->threads[i], NULL);
    for (int64_t i = 0; p->slots && i < p->slots_count; i++)
        object_release(p->slots[i].batch);
    pthread_cond_destroy(&p->made);
    pthread_cond_destroy(&p->wanted);
    pthread_mutex_destroy(&p->lock);
    object_release(p->dataset);
    memory_free(p->order);
    memory_free(p->slots);
    memory_free(p->threads);
    memory_free(p);
}
