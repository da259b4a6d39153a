#include "data/sampler.h"

#include <accel/random.h>

#include "base/memory.h"
#include "base/error.h"

static int64_t share_of(const sampler *s)
{
    return s->split_batches ? s->batch_size / s->world_size : s->batch_size;
}

int64_t sampler_remainder(const sampler *s)
{
    bool fills = s->even_batches && !s->drop_last && s->world_size > 1;
    return fills ? s->length % (share_of(s) * s->world_size) : 0;
}

/* How many samples this process visits. */
static int64_t visited(const sampler *s)
{
    int64_t share = share_of(s), group = share * s->world_size, whole = s->length / group * share;
    int64_t mine = s->length % group - s->rank * share; /* of what does not fill a group */
    if (sampler_remainder(s) > 0)
        return whole + share;
    return s->drop_last || mine <= 0 ? whole : whole + (mine < share ? mine : share);
}

int64_t sampler_batches(const sampler *s)
{
    int64_t samples = visited(s), share = share_of(s);
    return samples / share + (samples % share != 0);
}

/* The places in the epoch's order of the samples that this process visits. */
static void take_places(const sampler *s, int64_t *places, int64_t count)
{
    int64_t share = share_of(s), group = share * s->world_size, length = s->length, taken = 0;
    for (int64_t first = s->rank * share; taken < count; first += group)
        for (int64_t at = first; at < first + share && taken < count; at++)
            places[taken++] = at < length ? at : (at - length) % length;
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
    take_places(s, order, count);
    if (s->shuffle)
        shuffle(s, epoch, order, count);
    if (!accel_error_is_set())
        return order;
    memory_free(order);
    return NULL;
}

int64_t sampler_batch(const sampler *s, int64_t batch, size_t *count)
{
    int64_t share = share_of(s), first = batch * share, left = visited(s) - first;
    *count = (size_t)(left < share ? left : share);
    return first;
}
