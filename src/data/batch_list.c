#include "data/batch_list.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

struct accel_batch_list {
    sampler sampler;
    int64_t *indices;
    int64_t *starts; /* of each batch, and the end of the last */
    int64_t *rows;   /* of each process in each round */
    size_t indices_count, indices_capacity;
    int64_t count, capacity;
};

/* ---- making ---- */

static accel_status reserve_indices(batch_list *list, size_t count)
{
    size_t needed = list->indices_count + count, capacity = list->indices_capacity;
    if (needed <= capacity)
        return ACCEL_OK;
    capacity = needed > 2 * capacity ? needed : 2 * capacity;
    int64_t *indices = memory_resize(list->indices, capacity, sizeof *indices);
    if (!indices)
        return accel_error_status();
    list->indices = indices;
    list->indices_capacity = capacity;
    return ACCEL_OK;
}

static accel_status reserve_batch(batch_list *list)
{
    if (list->count < list->capacity)
        return ACCEL_OK;
    int64_t capacity = list->capacity > 0 ? 2 * list->capacity : 64;
    int64_t *starts = memory_resize(list->starts, (size_t)capacity + 1, sizeof *starts);
    if (!starts)
        return accel_error_status();
    starts[0] = 0;
    list->starts = starts;
    list->capacity = capacity;
    return ACCEL_OK;
}

accel_status accel_batch_list_add(batch_list *list, const int64_t *indices, size_t count)
{
    RETURN_STATUS_IF_FAILED();
    if (!list || !indices)
        return RAISE(ACCEL_EINVAL, "%s is NULL", list ? "indices" : "list");
    if (count == 0)
        return RAISE(ACCEL_EINVAL, "count is 0, a batch has a sample at least");
    for (size_t i = 0; i < count; i++)
        if (indices[i] < 0 || indices[i] >= list->sampler.length)
            return RAISE(ACCEL_EINVAL, "indices[%zu] is %lld, the dataset has %lld samples", i,
                         (long long)indices[i], (long long)list->sampler.length);
    if (reserve_indices(list, count) != ACCEL_OK || reserve_batch(list) != ACCEL_OK)
        return accel_error_status();
    memcpy(list->indices + list->indices_count, indices, count * sizeof *indices);
    list->indices_count += count;
    list->starts[++list->count] = (int64_t)list->indices_count;
    return ACCEL_OK;
}

void batch_list_free(batch_list *list)
{
    if (!list)
        return;
    memory_free(list->indices);
    memory_free(list->starts);
    memory_free(list->rows);
    memory_free(list);
}

/* ---- sharing ---- */

static int64_t rounds_of(const batch_list *list)
{
    int world_size = list->sampler.world_size;
    return list->count / world_size + (list->count % world_size != 0);
}

/* The batch that stands at a place, counted over all processes; -1 where there is none. */
static int64_t batch_at(const batch_list *list, int64_t place)
{
    if (place < list->count)
        return place;
    return list->sampler.even_batches ? (place - list->count) % list->count : -1;
}

static accel_status count_rows(batch_list *list)
{
    int64_t places = rounds_of(list) * list->sampler.world_size;
    list->rows = memory_alloc((size_t)places, sizeof *list->rows);
    for (int64_t place = 0; list->rows && place < places; place++) {
        int64_t batch = batch_at(list, place);
        list->rows[place] = batch < 0 ? 0 : list->starts[batch + 1] - list->starts[batch];
    }
    return accel_error_status();
}

int64_t batch_list_batches(const batch_list *list)
{
    const sampler *s = &list->sampler;
    int64_t rounds = rounds_of(list);
    if (s->rank == SAMPLER_ALL)
        return s->even_batches ? rounds * s->world_size : list->count;
    return rounds - (rounds > 0 && batch_at(list, (rounds - 1) * s->world_size + s->rank) < 0);
}

static batch_round round_at(const batch_list *list, int64_t number)
{
    int world_size = list->sampler.world_size;
    batch_round round = {.rows = list->rows + number * world_size};
    for (int rank = 0; rank < world_size; rank++) {
        round.real += number * world_size + rank < list->count ? round.rows[rank] : 0;
        round.share = round.rows[rank] > round.share ? round.rows[rank] : round.share;
    }
    return round;
}

batch_claim batch_list_batch(const batch_list *list, int64_t batch)
{
    const sampler *s = &list->sampler;
    int64_t place = s->rank == SAMPLER_ALL ? batch : batch * s->world_size + s->rank;
    int64_t number = place / s->world_size, first = list->starts[batch_at(list, place)];
    return (batch_claim){.round = round_at(list, number),
                         .rank = (int)(place % s->world_size),
                         .first = first,
                         .count = (size_t)list->rows[place]};
}

const int64_t *batch_list_indices(const batch_list *list) { return list->indices; }

/* ---- an epoch ---- */

batch_list *batch_list_make(accel_batches_function *function, void *user, int64_t epoch, const sampler *s)
{
    batch_list *list = memory_alloc(1, sizeof *list);
    if (!list)
        return NULL;
    list->sampler = *s;
    if (function(user, epoch, list) != ACCEL_OK && !accel_error_is_set())
        accel_error_raise(ACCEL_EINVAL, "accel_loader_begin", "batches failed and did not say why");
    if (!accel_error_is_set() && count_rows(list) == ACCEL_OK)
        return list;
    batch_list_free(list);
    return NULL;
}
