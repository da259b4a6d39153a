#include "data/stream.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"

/* Samples, each with a reference. */
typedef struct samples {
    accel_dict **list;
    size_t count;
} samples;

typedef struct stream {
    accel_dataset *dataset; /* retained */
    void *pass;
    sampler sampler;
    samples round; /* the one that is claimed from, and what was added to it */
    samples first; /* those that began the pass */
    batch_round shares;
    int next_rank; /* whose batch is the next of the round; 0: no round is begun */
    int64_t skips; /* batches that nobody wants */
    bool read_out;
} stream;

static void release(samples *s)
{
    for (size_t i = 0; i < s->count; i++)
        object_release(s->list[i]);
    memory_free(s->list);
    *s = (samples){0};
}

/* ---- rounds ---- */

/* Up to so many further samples. */
static accel_status read_samples(stream *s, size_t count)
{
    s->round.list = memory_alloc(count, sizeof(accel_dict *));
    while (s->round.list && s->round.count < count) {
        accel_dict *sample = dataset_next(s->dataset, s->pass);
        if (!sample)
            break;
        s->round.list[s->round.count++] = sample;
    }
    s->read_out = s->round.count < count;
    return accel_error_status();
}

/* Keeps the samples that may have to fill the last round. */
static accel_status keep_first(stream *s)
{
    if (s->first.list || !s->sampler.even_batches || s->sampler.drop_last || s->sampler.world_size == 1)
        return ACCEL_OK;
    s->first.list = memory_alloc(s->round.count, sizeof(accel_dict *));
    for (; s->first.list && s->first.count < s->round.count; s->first.count++)
        s->first.list[s->first.count] = object_retain(s->round.list[s->first.count]);
    return accel_error_status();
}

/* There is room: the list was made for a round that is whole. */
static void fill(stream *s)
{
    size_t all = (size_t)(s->shares.share * s->sampler.world_size);
    for (size_t i = 0; s->round.count < all; i++)
        s->round.list[s->round.count++] = object_retain(s->first.list[i % s->first.count]);
}

/* False: no samples are left, or a failure is recorded. */
static bool begin_round(stream *s)
{
    int64_t whole = sampler_share(&s->sampler) * s->sampler.world_size;
    release(&s->round);
    if (s->read_out || read_samples(s, (size_t)whole) != ACCEL_OK || s->round.count == 0 ||
        keep_first(s) != ACCEL_OK)
        return false;
    s->shares = s->read_out
                    ? sampler_last_round(&s->sampler, (int64_t)s->round.count)
                    : (batch_round){.share = sampler_share(&s->sampler), .real = whole, .is_whole = true};
    if (s->shares.is_whole)
        fill(s);
    return s->shares.real > 0;
}

/* ---- batches ---- */

/* Moves a process's samples of the round into a claim. */
static bool take(stream *s, int rank, batch_claim *claim)
{
    *claim =
        (batch_claim){.round = s->shares, .rank = rank, .count = (size_t)batch_round_rows(&s->shares, rank)};
    accel_dict **list = claim->count > 0 ? memory_alloc(claim->count, sizeof(accel_dict *)) : NULL;
    for (size_t i = 0; list && i < claim->count; i++) {
        list[i] = s->round.list[(size_t)(rank * s->shares.share) + i];
        object_retain(list[i]);
    }
    claim->items = list;
    return list;
}

static bool claim_next(stream *s, batch_claim *claim)
{
    bool all = s->sampler.rank == SAMPLER_ALL;
    if (s->next_rank == 0 && !begin_round(s))
        return false;
    int rank = all ? s->next_rank : s->sampler.rank;
    bool is_last = !all || rank + 1 == s->sampler.world_size || batch_round_rows(&s->shares, rank + 1) == 0;
    s->next_rank = is_last ? 0 : rank + 1;
    return take(s, rank, claim);
}

static void drop(void *user, batch_claim *claim)
{
    (void)user;
    release(&(samples){.list = claim->items, .count = claim->count});
}

static bool claim(void *user, batch_claim *claim)
{
    stream *s = user;
    bool found = claim_next(s, claim);
    for (; found && s->skips > 0; s->skips--) {
        drop(s, claim);
        found = claim_next(s, claim);
    }
    return found;
}

static accel_dict *make(void *user, batch_claim *claim)
{
    stream *s = user;
    accel_dict *batch = dataset_collate(s->dataset, claim->items, claim->count);
    drop(s, claim);
    return batch;
}

static void end(void *user)
{
    stream *s = user;
    dataset_end(s->dataset, s->pass);
    release(&s->round);
    release(&s->first);
    object_release(s->dataset);
    memory_free(s);
}

bool stream_open(batch_source *source, accel_dataset *dataset, const sampler *s, int64_t epoch, int64_t from)
{
    stream *made = memory_alloc(1, sizeof *made);
    if (!made)
        return false;
    *made = (stream){.dataset = object_retain(dataset), .sampler = *s, .skips = from};
    if (dataset_begin(dataset, epoch, &made->pass) != ACCEL_OK) {
        object_release(made->dataset);
        memory_free(made);
        return false;
    }
    *source = (batch_source){.user = made, .claim = claim, .make = make, .drop = drop, .end = end};
    return true;
}
