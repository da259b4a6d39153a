#include "data/dispatch.h"

#include <string.h>

#include <accel/device.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "data/parcel.h"
#include "data/prefetch.h"
#include "tensor/dict.h"

static const char call[] = "accel_loader_next";

/* ---- process 0 ---- */

typedef struct reader {
    prefetch *batches;
    int64_t skipped;
    dispatch_feed feed;
} reader;

static accel_status send(reader *r, int rank, const parcel *p, accel_dict *batch)
{
    buffer message = {0};
    parcel sent = *p;
    sent.skipped = r->skipped;
    if (parcel_pack(&sent, batch, r->feed.world_size, &message) == ACCEL_OK)
        return r->feed.send(r->feed.user, rank, &message, p->kind != PARCEL_BATCH);
    buffer_dispose(&message);
    return accel_error_status();
}

/* Who is gone need not be told. */
static void tell_from(reader *r, int rank, const parcel *p)
{
    for (; rank < r->feed.world_size; rank++)
        accel_try(unused) {
            (void)unused;
            send(r, rank, p, NULL);
        }
}

/* What ends the loop here ends it everywhere: there are no more, or this thread's record says why there are not. */
static void tell_end(reader *r)
{
    parcel p = {.kind = PARCEL_END};
    if (accel_error_is_set())
        p = (parcel){.kind = PARCEL_FAILURE, .error = *accel_error_last()};
    tell_from(r, 1, &p);
}

/* The processes that have a batch in a round. */
static int count_batches(const reader *r, const batch_round *round)
{
    int count = 1;
    while (count < r->feed.world_size && batch_round_rows(round, count) > 0)
        count++;
    return count;
}

/* Everybody's batch but the first, which is this process's. */
static accel_status send_round(reader *r, const batch_round *round)
{
    int count = count_batches(r, round);
    const parcel p = {.kind = PARCEL_BATCH, .round = *round};
    for (int rank = 1; rank < count && !accel_error_is_set(); rank++) {
        prefetched theirs = prefetch_next(r->batches);
        if (theirs.batch)
            send(r, rank, &p, theirs.batch);
        object_release(theirs.batch);
    }
    if (!accel_error_is_set())
        tell_from(r, count, &(parcel){.kind = PARCEL_END});
    return accel_error_status();
}

static bool claim_own(void *user, batch_claim *claim)
{
    reader *r = user;
    prefetched own = prefetch_next(r->batches);
    if (own.batch && send_round(r, &own.round) == ACCEL_OK) {
        *claim = (batch_claim){.round = own.round, .items = own.batch};
        return true;
    }
    object_release(own.batch);
    tell_end(r);
    return false;
}

static accel_dict *make_own(void *user, batch_claim *claim)
{
    (void)user;
    accel_dict *batch = dict_share(claim->items);
    object_release(claim->items);
    return batch;
}

static void drop_own(void *user, batch_claim *claim)
{
    (void)user;
    object_release(claim->items);
}

static void interrupt_sending(void *user)
{
    const reader *r = user;
    r->feed.interrupt(r->feed.user);
}

static void end_reader(void *user)
{
    reader *r = user;
    prefetch_stop(r->batches);
    r->feed.interrupt(r->feed.user);
    memory_free(r);
}

bool dispatch_open_reader(batch_source *source, const batch_source *batches, int64_t skipped, int workers,
                          int ahead, const dispatch_feed *feed)
{
    prefetch *started = prefetch_start(batches, workers, ahead, accel_device_cpu());
    reader *r = started ? memory_alloc(1, sizeof *r) : NULL;
    if (!r) {
        prefetch_stop(started);
        return false;
    }
    *r = (reader){.batches = started, .skipped = skipped, .feed = *feed};
    feed->begin(feed->user);
    *source = (batch_source){.user = r,
                             .claim = claim_own,
                             .make = make_own,
                             .drop = drop_own,
                             .interrupt = interrupt_sending,
                             .end = end_reader};
    return true;
}

/* ---- the others ---- */

/* The rows of rounds that are under way, where batches have sizes of their own: a ring. */
typedef struct receiver {
    dispatch_feed feed;
    int64_t skipped;
    int64_t *rows;
    size_t rings, next;
} receiver;

static bool refuse(const parcel *p)
{
    if (p->kind == PARCEL_FAILURE)
        accel_error_raise(p->error.status, call, "process 0: %s: %s", p->error.call, p->error.message);
    return false;
}

/* Process 0's number counts for what it sends: another one here was meant for other batches. */
static accel_status check_skipped(const receiver *r, const parcel *p)
{
    if (p->kind == PARCEL_FAILURE || p->skipped == r->skipped)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EMISMATCH, call,
                             "process 0 skips the first %lld batches of this loop, this process %lld",
                             (long long)p->skipped, (long long)r->skipped);
}

static void keep_rows(receiver *r, batch_round *round)
{
    if (!round->rows)
        return;
    int64_t *kept = r->rows + r->next++ % r->rings * (size_t)r->feed.world_size;
    memcpy(kept, round->rows, (size_t)r->feed.world_size * sizeof *kept);
    round->rows = kept;
}

static void dispose(buffer *message)
{
    if (message)
        buffer_dispose(message);
    memory_free(message);
}

static bool claim_received(void *user, batch_claim *claim)
{
    receiver *r = user;
    parcel p = {.kind = PARCEL_END};
    buffer *message = memory_alloc(1, sizeof *message);
    if (message && r->feed.receive(r->feed.user, message) == ACCEL_OK && message->size > 0)
        if (parcel_read(&p, message) == ACCEL_OK)
            check_skipped(r, &p);
    if (accel_error_is_set() || p.kind != PARCEL_BATCH) {
        dispose(message);
        return accel_error_is_set() ? false : refuse(&p);
    }
    keep_rows(r, &p.round);
    *claim = (batch_claim){.round = p.round, .items = message};
    return true;
}

static void drop_received(void *user, batch_claim *claim)
{
    (void)user;
    dispose(claim->items);
}

static accel_dict *make_received(void *user, batch_claim *claim)
{
    accel_dict *batch = parcel_unpack(claim->items);
    drop_received(user, claim);
    return batch;
}

static void interrupt_receiving(void *user)
{
    const receiver *r = user;
    r->feed.interrupt(r->feed.user);
}

static void end_receiver(void *user)
{
    receiver *r = user;
    memory_free(r->rows);
    memory_free(r);
}

bool dispatch_open(batch_source *source, int64_t skipped, int ahead, const dispatch_feed *feed)
{
    enum { IN_HANDS = 3 }; /* of the loop, the thread and the next claim */
    receiver *r = memory_alloc(1, sizeof *r);
    if (!r)
        return false;
    *r = (receiver){.feed = *feed, .skipped = skipped, .rings = (size_t)ahead + IN_HANDS};
    r->rows = memory_alloc(r->rings * (size_t)feed->world_size, sizeof *r->rows);
    if (!r->rows) {
        memory_free(r);
        return false;
    }
    feed->begin(feed->user);
    *source = (batch_source){.user = r,
                             .claim = claim_received,
                             .make = make_received,
                             .drop = drop_received,
                             .interrupt = interrupt_receiving,
                             .end = end_receiver};
    return true;
}
