#include "data/prefetch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/callback.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"
#include "base/thread.h"
#include "tensor/device.h"
#include "tensor/dict.h"

/* A batch on its way from the thread that made it to the loop. */
typedef struct delivery {
    bool ready;
    prefetched made; /* without a batch when making it failed */
    accel_error error;
} delivery;

/* What was claimed before anybody asked for the batch, where no thread does. */
typedef struct pending {
    bool known, found;
    batch_claim claim;
    accel_error error;
} pending;

/* Threads claim batches in order; batch k waits in slot k % slots_count until the loop has taken k - slots_count. */
struct prefetch {
    batch_source source;
    accel_device device; /* where batches go */
    int64_t claimed, taken;
    bool claiming, ended; /* a thread is; there are no more than were claimed */
    pending pending;
    delivery *slots;
    int64_t slots_count;
    pthread_t *threads;
    int threads_count;
    bool stopping;
    pthread_mutex_t lock;
    pthread_cond_t made, wanted; /* made: or the end was found */
    prefetch *next_running;      /* among those with threads */
};

static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;
static prefetch *running;

/* ---- one batch ---- */

static bool claim_one(prefetch *p, batch_claim *claim)
{
    callback called;
    callback_begin(&called, CALLBACK_DATASET, p->source.owner);
    bool found = p->source.claim(p->source.user, claim);
    callback_end(&called);
    return found;
}

static accel_dict *make_one(prefetch *p, batch_claim *claim)
{
    callback called;
    callback_begin(&called, CALLBACK_DATASET, p->source.owner);
    accel_dict *batch = p->source.make(p->source.user, claim);
    callback_end(&called);
    return batch;
}

static void end_source(const batch_source *source)
{
    callback called;
    callback_begin(&called, CALLBACK_DATASET, source->owner);
    source->end(source->user);
    callback_end(&called);
}

static void drop(prefetch *p, batch_claim *claim)
{
    if (p->source.drop)
        p->source.drop(p->source.user, claim);
}

/* Makes a batch in a scope of its own and leaves it without an owner. */
static prefetched make_batch(prefetch *p, batch_claim *claim)
{
    accel_scope *scope = accel_scope_begin();
    if (!scope) {
        drop(p, claim);
        return (prefetched){0};
    }
    accel_dict *batch = make_one(p, claim);
    if (batch && p->device.type != ACCEL_CPU)
        batch = device_send(batch, p->device);
    /* One that the dataset keeps, or gives out more than once, stays the dataset's. */
    if (batch && ((object *)batch)->scope != scope)
        batch = dict_share(batch);
    if (batch)
        object_take(batch);
    scope_free(scope);
    return (prefetched){.batch = batch, .round = claim->round, .rank = claim->rank};
}

/* ---- threads ---- */

static void deliver(prefetch *p, int64_t number, const delivery *d)
{
    p->slots[number % p->slots_count] = *d;
    pthread_cond_broadcast(&p->made);
}

/* A failed claim is the last one, and is delivered in its turn. */
static void note_end(prefetch *p, delivery *failure)
{
    p->ended = true;
    if (failure->error.status != ACCEL_OK)
        deliver(p, p->claimed++, failure);
    pthread_cond_broadcast(&p->made);
}

static bool is_full(const prefetch *p) { return p->claimed >= p->taken + p->slots_count; }

/* The number of the next batch; -1 when there is none left or the loop is over. Called and returns with the lock held. */
static int64_t claim_next(prefetch *p, batch_claim *claim)
{
    while (!p->stopping && !p->ended && (p->claiming || is_full(p)))
        pthread_cond_wait(&p->wanted, &p->lock);
    if (p->stopping || p->ended)
        return -1;
    p->claiming = true;
    pthread_mutex_unlock(&p->lock);
    bool found = claim_one(p, claim);
    delivery failure = {.ready = true};
    error_take(&failure.error);
    pthread_mutex_lock(&p->lock);
    p->claiming = false;
    if (!found)
        note_end(p, &failure);
    pthread_cond_broadcast(&p->wanted);
    if (!found)
        return -1;
    pthread_cond_broadcast(&p->made); /* who asks for the end */
    return p->claimed++;
}

static void *work(void *argument)
{
    prefetch *p = argument;
    batch_claim claim = {0};
    pthread_mutex_lock(&p->lock);
    for (int64_t number; (number = claim_next(p, &claim)) >= 0;) {
        pthread_mutex_unlock(&p->lock);
        delivery d = {.ready = true, .made = make_batch(p, &claim)};
        error_take(&d.error);
        pthread_mutex_lock(&p->lock);
        deliver(p, number, &d);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Ends the threads of a loop, unless one of them is asking. */
static void stop_threads(prefetch *p)
{
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->wanted);
    pthread_mutex_unlock(&p->lock);
    if (p->source.interrupt && p->threads_count > 0)
        p->source.interrupt(p->source.user);
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

/* ---- the loop's side ---- */

prefetch *prefetch_start(const batch_source *source, int workers, int ahead, accel_device device)
{
    prefetch *p = memory_alloc(1, sizeof *p);
    if (!p) {
        end_source(source);
        return NULL;
    }
    *p = (prefetch){.source = *source, .device = device, .slots_count = (int64_t)workers * ahead};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->made, NULL);
    pthread_cond_init(&p->wanted, NULL);
    if (workers == 0 || start_threads(p, workers) == ACCEL_OK)
        return p;
    prefetch_stop(p);
    return NULL;
}

/* Waits until the next batch is claimed, or is known not to come. Called and returns with the lock held. */
static bool is_over(prefetch *p)
{
    while (p->claimed == p->taken && !p->ended)
        pthread_cond_wait(&p->made, &p->lock);
    return p->claimed == p->taken;
}

/* Waits for the next batch and frees its slot. */
static prefetched receive(prefetch *p)
{
    delivery d = {0};
    pthread_mutex_lock(&p->lock);
    if (!is_over(p)) {
        delivery *slot = &p->slots[p->taken % p->slots_count];
        while (!slot->ready)
            pthread_cond_wait(&p->made, &p->lock);
        d = *slot;
        *slot = (delivery){0};
        p->taken++;
        pthread_cond_signal(&p->wanted);
    }
    pthread_mutex_unlock(&p->lock);
    if (!d.made.batch && d.error.status != ACCEL_OK)
        error_restore(&d.error);
    return d.made;
}

/* The same where no thread does it. */
static pending *look_ahead(prefetch *p)
{
    pending *next = &p->pending;
    if (next->known)
        return next;
    next->found = claim_one(p, &next->claim);
    next->known = true;
    error_take(&next->error);
    return next;
}

static prefetched make_now(prefetch *p)
{
    pending *next = look_ahead(p);
    if (!next->found) {
        error_restore(&next->error);
        return (prefetched){0};
    }
    next->known = false;
    return make_batch(p, &next->claim);
}

prefetched prefetch_next(prefetch *p)
{
    prefetched next = p->threads_count > 0 ? receive(p) : make_now(p);
    if (next.batch && p->device.type != ACCEL_CPU && device_receive(next.batch) != ACCEL_OK) {
        object_release(next.batch);
        next.batch = NULL;
    }
    return next;
}

bool prefetch_is_over(prefetch *p)
{
    if (p->threads_count == 0) {
        const pending *next = look_ahead(p);
        return !next->found && next->error.status == ACCEL_OK;
    }
    pthread_mutex_lock(&p->lock);
    bool over = is_over(p);
    pthread_mutex_unlock(&p->lock);
    return over;
}

void prefetch_stop(prefetch *p)
{
    if (!p)
        return;
    leave_running(p);
    stop_threads(p);
    for (int64_t i = 0; p->slots && i < p->slots_count; i++)
        object_release(p->slots[i].made.batch);
    if (p->pending.known && p->pending.found)
        drop(p, &p->pending.claim);
    end_source(&p->source);
    pthread_cond_destroy(&p->made);
    pthread_cond_destroy(&p->wanted);
    pthread_mutex_destroy(&p->lock);
    memory_free(p->slots);
    memory_free(p->threads);
    memory_free(p);
}
