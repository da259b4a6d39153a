#include "data/prefetch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"
#include "base/thread.h"
#include "tensor/dict.h"

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
    prefetch *next_running; /* among those with threads */
};

static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;
static prefetch *running;

/* Makes a batch in a scope of its own and leaves it without an owner. */
static accel_dict *make_batch(prefetch *p, int64_t number)
{
    size_t count;
    int64_t first = sampler_batch(&p->sampler, number, &count);
    accel_scope *scope = accel_scope_begin();
    if (!scope)
        return NULL;
    accel_dict *batch = dataset_batch(p->dataset, p->order + first, count);
    /* One that the dataset keeps, or gives out more than once, stays the dataset's. */
    if (batch && ((object *)batch)->scope != scope)
        batch = dict_share(batch);
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

/* Ends the threads of an epoch, unless one of them is asking. */
static void stop_threads(prefetch *p)
{
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->wanted);
    pthread_mutex_unlock(&p->lock);
    for (; p->threads_count > 0; p->threads_count--)
        if (!pthread_equal(p->threads[p->threads_count - 1], pthread_self()))
            pthread_join(p->threads[p->threads_count - 1], NULL);
}

/* A program may exit in the middle of a loop; the engine's own end must then find no thread at work. */
static void stop_at_exit(void)
{
    pthread_mutex_lock(&running_lock);
    prefetch *list = running;
    running = NULL;
    pthread_mutex_unlock(&running_lock);
    for (; list; list = list->next_running)
        stop_threads(list);
}

static void ask_for_exit(void) { atexit(stop_at_exit); }

static void join_running(prefetch *p)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, ask_for_exit);
    pthread_mutex_lock(&running_lock);
    p->next_running = running;
    running = p;
    pthread_mutex_unlock(&running_lock);
}

static void leave_running(prefetch *p)
{
    pthread_mutex_lock(&running_lock);
    prefetch **link = &running;
    while (*link && *link != p)
        link = &(*link)->next_running;
    if (*link)
        *link = p->next_running;
    pthread_mutex_unlock(&running_lock);
}

static accel_status start_threads(prefetch *p, int workers)
{
    p->threads = memory_alloc((size_t)workers, sizeof *p->threads);
    p->slots = memory_alloc((size_t)p->slots_count, sizeof *p->slots);
    if (!p->threads || !p->slots)
        return accel_error_status();
    join_running(p);
    for (; p->threads_count < workers; p->threads_count++)
        if (thread_start(&p->threads[p->threads_count], work, p, "accel_loader_begin") != ACCEL_OK)
            break;
    return accel_error_status();
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
    leave_running(p);
    stop_threads(p);
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
