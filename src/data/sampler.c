#include "data/sampler.h"

#include <accel/random.h>

#include "base/memory.h"
#include "base/error.h"

int64_t sampler_share(const sampler *s)
{
    return s->split_batches ? s->batch_size / s->world_size : s->batch_size;
}

int64_t sampler_round(const sampler *s) { return sampler_share(s) * s->world_size; }

static int64_t unseen(const sampler *s) { return s->seen < s->length ? s->length - s->seen : 0; }
static int64_t whole_rounds(const sampler *s) { return unseen(s) / sampler_round(s); }

batch_round sampler_last_round(const sampler *s, int64_t real)
{
    batch_round last = {.share = sampler_share(s), .real = s->drop_last ? 0 : real};
    if (s->dispatched)
        last.share = last.real / s->world_size + (last.real % s->world_size != 0);
    last.is_whole = s->even_batches && s->world_size > 1 && last.real > 0;
    return last;
}

/* Every round but the last is whole. */
static batch_round round_at(const sampler *s, int64_t number)
{
    if (number == whole_rounds(s))
        return sampler_last_round(s, unseen(s) % sampler_round(s));
    return (batch_round){.share = sampler_share(s), .real = sampler_round(s), .is_whole = true};
}

/* Batches of all processes, or samples in them, in the last round. */
static int64_t count_last(const sampler *s, bool samples)
{
    const batch_round last = round_at(s, whole_rounds(s));
    if (last.is_whole)
        return samples ? last.share * s->world_size : s->world_size;
    return samples || last.real == 0 ? last.real : (last.real - 1) / last.share + 1;
}

int64_t sampler_batches(const sampler *s)
{
    int64_t rounds = whole_rounds(s);
    if (s->rank == SAMPLER_ALL)
        return rounds * s->world_size + count_last(s, false);
    const batch_round last = round_at(s, rounds);
    return rounds + (batch_round_rows(&last, s->rank) > 0);
}

/* How many samples are visited. */
static int64_t visited(const sampler *s)
{
    int64_t rounds = whole_rounds(s);
    if (s->rank == SAMPLER_ALL)
        return rounds * sampler_round(s) + count_last(s, true);
    const batch_round last = round_at(s, rounds);
    return rounds * sampler_share(s) + batch_round_rows(&last, s->rank);
}

batch_claim sampler_batch(const sampler *s, int64_t batch)
{
    bool all = s->rank == SAMPLER_ALL;
    int64_t number = all ? batch / s->world_size : batch;
    batch_claim claim = {.round = round_at(s, number), .rank = all ? (int)(batch % s->world_size) : s->rank};
    claim.first = all ? number * sampler_round(s) + claim.rank * claim.round.share : number * sampler_share(s);
    claim.count = (size_t)batch_round_rows(&claim.round, claim.rank);
    return claim;
}

/* The place in the epoch's order of a batch's first sample. */
static int64_t place_of(const sampler *s, int64_t batch, const batch_claim *claim)
{
    return s->rank == SAMPLER_ALL ? claim->first : batch * sampler_round(s) + s->rank * claim->round.share;
}

/* The places of the samples that are visited. What is beyond the last of them begins again. */
static void take_places(const sampler *s, int64_t *places)
{
    int64_t batches = sampler_batches(s), taken = 0;
    for (int64_t batch = 0; batch < batches; batch++) {
        const batch_claim claim = sampler_batch(s, batch);
        int64_t at = place_of(s, batch, &claim);
        for (size_t i = 0; i < claim.count; i++, at++)
            places[taken++] = at < unseen(s) ? at + s->seen : (at - unseen(s)) % s->length;
    }
}

static void shuffle(const sampler *s, int64_t epoch, int64_t *order, int64_t count)
{
    accel_scoped() {
        accel_generator *generator = accel_generator_create((uint64_t)s->seed + (uint64_t)epoch);
        const int64_t *permutation = accel_tensor_data(accel_randperm(generator, s->length));
        for (int64_t i = 0; i < count && permutation; i++)
            order[i] = permutation[order[i]];
    }
}

int64_t *sampler_order(const sampler *s, int64_t epoch)
{
    int64_t count = visited(s);
    int64_t *order = memory_alloc((size_t)count, sizeof *order);
    if (!order)
        return NULL;
    take_places(s, order);
    if (s->shuffle)
        shuffle(s, epoch, order, count);
    if (!accel_error_is_set())
        return order;
    memory_free(order);
    return NULL;
}
