/* What differs in size from process to process. */
#include <string.h>

#include <accel/collective.h>
#include <accel/op.h>
#include <accel/options.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "base/memory.h"
#include "comm/agreement.h"
#include "tensor/tensor.h"

accelerator_pad_options accelerator_pad_options_default(void)
{
    return (accelerator_pad_options){ACCELERATOR_PAD_DEFAULTS()};
}

/* A dimension counted from the first; -1 where the tensor has no such one. */
static int64_t dimension_of(accel_tensor *tensor, int dim)
{
    int64_t rank = (int64_t)accel_tensor_rank(tensor);
    return dim >= -rank && dim < rank ? (dim < 0 ? dim + rank : dim) : -1;
}

/* The engine pads from the last dimension on, in pairs of before and after. */
static accel_tensor *pad(accel_tensor *tensor, int64_t dim, int64_t missing, const accelerator_pad_options *o)
{
    enum { RANK_MAX = 64 };
    int64_t pads[2 * RANK_MAX] = {0}, rank = (int64_t)accel_tensor_rank(tensor), place = 2 * (rank - 1 - dim);
    if (rank > RANK_MAX) {
        accel_error_raise(ACCEL_EUNSUPPORTED, "accelerator_pad_across_processes", "a tensor of %lld dimensions",
                          (long long)rank);
        return NULL;
    }
    pads[o->pad_first ? place : place + 1] = missing;
    return accel_op(
        "aten::constant_pad_nd", tensor,
        ((accel_value){.kind = ACCEL_VALUE_INTEGERS, .count = (size_t)(2 * rank), .as.integers = pads}),
        o->pad_index);
}

accel_tensor *accelerator_pad_across_processes_with(accelerator *acc, accel_tensor *tensor,
                                                    const accelerator_pad_options *options)
{
    static const char call[] = "accelerator_pad_across_processes";
    accelerator_pad_options o = accelerator_pad_options_default();
    facade *f = facade_of(acc, call);
    if (!f || !group_begin(f->group, call))
        return NULL;
    accel_options_read(call, &o, sizeof o, options);
    int64_t dim = tensor_check(tensor, call, "tensor") ? dimension_of(tensor, o.dim) : -1;
    int64_t size = dim < 0 ? 0 : accel_tensor_size(tensor, (int)dim), largest = size;
    agreement_max(f->group, call, &largest);
    if (group_end(f->group) != ACCEL_OK)
        return NULL;
    return largest == size ? tensor_share(tensor, call) : pad(tensor, dim, largest - size, &o);
}

/* ---- bytes ---- */

/* Of every process, in rows of one size: those that are there, in a row. */
static accel_tensor *join(accel_tensor *rows, const int64_t *sizes, int count)
{
    accel_tensor **parts = memory_alloc((size_t)count, sizeof *parts);
    for (int i = 0; parts && i < count; i++)
        parts[i] = accel_op("aten::slice.Tensor", accel_select(rows, 0, i), 0, 0, sizes[i]);
    const accel_value list = {.kind = ACCEL_VALUE_TENSORS, .count = (size_t)count, .as.tensors = parts};
    accel_tensor *joined = parts ? accel_op("aten::cat", list, 0) : NULL;
    memory_free(parts);
    return joined;
}

static accel_tensor *gather_bytes(accelerator *acc, const void *data, int64_t size, int64_t *sizes, int count)
{
    accel_tensor *own = accel_tensor_copy_from(data ? data : "", ACCEL_UINT8, &size, 1);
    accel_tensor *lengths = accelerator_gather(acc, accel_tensor_copy_from(&size, ACCEL_INT64, ACCEL_SHAPE(1)));
    accel_tensor *padded = accelerator_pad_across_processes(acc, own);
    accel_tensor *all = accelerator_gather(acc, padded);
    if (accel_error_is_set() || accel_tensor_copy_to(lengths, sizes, (size_t)count * sizeof *sizes) != ACCEL_OK)
        return NULL;
    int64_t longest = accel_tensor_numel(all) / count;
    return join(accel_op("aten::view", all, ACCEL_INTS(count, longest)), sizes, count);
}

accel_tensor *accelerator_gather_bytes(accelerator *acc, const void *data, size_t size, size_t *sizes)
{
    facade *f = facade_of(acc, __func__);
    if (f && !accel_error_is_set() && !data && size > 0)
        RAISE(ACCEL_EINVAL, "data is NULL, size is %zu", size);
    int count = f ? f->ranks.world_size : 0;
    int64_t *lengths = f ? memory_alloc((size_t)count, sizeof *lengths) : NULL;
    accel_tensor *joined = NULL;
    if (lengths)
        accel_scoped() {
            joined = accel_keep(gather_bytes(acc, data, (int64_t)size, lengths, count));
        }
    for (int i = 0; joined && sizes && i < count; i++)
        sizes[i] = (size_t)lengths[i];
    memory_free(lengths);
    return joined;
}
