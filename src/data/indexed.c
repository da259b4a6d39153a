#include "data/indexed.h"

#include "base/memory.h"
#include "base/object.h"

typedef struct indexed {
    accel_dataset *dataset; /* retained */
    sampler sampler;
    int64_t *order;   /* NULL where there is a list */
    batch_list *list; /* NULL where there is an order */
    int64_t next, batches;
} indexed;

static bool claim(void *user, batch_claim *claim)
{
    indexed *s = user;
    if (s->next >= s->batches)
        return false;
    *claim = s->list ? batch_list_batch(s->list, s->next) : sampler_batch(&s->sampler, s->next);
    s->next++;
    return true;
}

static accel_dict *make(void *user, batch_claim *claim)
{
    const indexed *s = user;
    const int64_t *indices = s->list ? batch_list_indices(s->list) : s->order;
    return dataset_batch(s->dataset, indices + claim->first, claim->count);
}

static void end(void *user)
{
    indexed *s = user;
    object_release(s->dataset);
    batch_list_free(s->list);
    memory_free(s->order);
    memory_free(s);
}

static indexed *create(batch_source *source, accel_dataset *dataset, int64_t from)
{
    indexed *made = memory_alloc(1, sizeof *made);
    if (!made)
        return NULL;
    *made = (indexed){.dataset = object_retain(dataset), .next = from};
    *source = (batch_source){.user = made, .claim = claim, .make = make, .end = end};
    return made;
}

bool indexed_open(batch_source *source, accel_dataset *dataset, const sampler *s, int64_t epoch, int64_t from)
{
    indexed *made = create(source, dataset, from);
    if (!made)
        return false;
    made->sampler = *s;
    made->batches = sampler_batches(s);
    made->order = sampler_order(s, epoch);
    if (made->order)
        return true;
    end(made);
    return false;
}

bool indexed_open_list(batch_source *source, accel_dataset *dataset, batch_list *list, int64_t from)
{
    indexed *made = create(source, dataset, from);
    if (!made) {
        batch_list_free(list);
        return false;
    }
    made->list = list;
    made->batches = batch_list_batches(list);
    return true;
}
