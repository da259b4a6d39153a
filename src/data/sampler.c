#include "data/sampler.h"

#include <accel/random.h>

#include "base/memory.h"
#include "base/error.h"

int64_t sampler_batches(const sampler *s)
{
    return s->length / s->batch_size + (!s->drop_last && s->length % s->batch_size != 0);
}

int64_t *sampler_order(const sampler *s, int64_t epoch)
{
    int64_t *order = memory_alloc((size_t)s->length, sizeof *order);
    if (!order)
        return NULL;
    if (!s->shuffle) {
        for (int64_t i = 0; i < s->length; i++)
            order[i] = i;
        return order;
    }
    accel_scoped() {
        accel_generator *generator = accel_generator_create((uint64_t)s->seed + (uint64_t)epoch);
        accel_tensor *permutation = accel_randperm(generator, s->length);
        accel_tensor_copy_to(permutation, order, (size_t)s->length * sizeof *order);
    }
    if (!accel_error_is_set())
        return order;
    memory_free(order);
    return NULL;
}

int64_t sampler_batch(const sampler *s, int64_t batch, size_t *count)
{
    int64_t first = batch * s->batch_size, left = s->length - first;
    *count = (size_t)(left < s->batch_size ? left : s->batch_size);
    return first;
}
