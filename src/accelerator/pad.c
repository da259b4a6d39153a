/* What differs in size from process to process. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <accel/collective.h>
#include <accel/op.h>
#include <accel/options.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "comm/agreement.h"
#include "comm/collective.h"
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

enum { RANK_MAX = 64 };

/* The engine pads from the last dimension on, in pairs of before and after. */
static accel_tensor *pad(accel_tensor *tensor, int64_t dim, int64_t missing, const accelerator_pad_options *o)
{
    int64_t pads[2 * RANK_MAX] = {0}, rank = (int64_t)accel_tensor_rank(tensor), place = 2 * (rank - 1 - dim);
    pads[o->pad_first ? place : place + 1] = missing;
    return accel_op(
        "aten::constant_pad_nd", tensor,
        ((accel_value){.kind = ACCEL_VALUE_INTEGERS, .count = (size_t)(2 * rank), .as.integers = pads}),
        o->pad_index);
}

/* Whether the tensor can hold it, be it rounded: processes that have nothing to pad find out, too. */
static bool can_hold(accel_tensor *tensor, double value)
{
    accel_dtype dtype = accel_tensor_dtype(tensor);
    bool holds = false;
    accel_try(unused) {
        (void)unused;
        accel_scoped() {
            accel_tensor *held = accel_scalar(value, dtype);
            double got = held ? accel_item(held) : 0;
            holds = accel_dtype_is_floating(dtype) ? isfinite(got) == isfinite(value) : got == value;
        }
    }
    return holds;
}

static void check(accel_tensor *tensor, const accelerator_pad_options *o, const char *call)
{
    if (!tensor_check_strided(tensor, call))
        return;
    if (accel_tensor_rank(tensor) > RANK_MAX)
        accel_error_raise(ACCEL_EUNSUPPORTED, call, "tensor has %zu dimensions, at most %d can be padded",
                          accel_tensor_rank(tensor), RANK_MAX);
    else if (!can_hold(tensor, o->pad_index))
        accel_error_raise(ACCEL_EINVAL, call, "pad_index is %g, which dtype %s cannot hold", o->pad_index,
                          accel_dtype_name(accel_tensor_dtype(tensor)));
}

/* The largest size of all processes, which ask for the same. */
static accel_status agree(facade *f, accel_tensor *tensor, const accelerator_pad_options *o, int64_t *size,
                          const char *call)
{
    char text[256] = "";
    if (!accel_error_is_set())
        snprintf(text, sizeof text, "dim %d, pad_index %.17g, pad_first %d\na %zu-dimensional tensor of %s",
                 o->dim, o->pad_index, o->pad_first, accel_tensor_rank(tensor),
                 accel_dtype_name(accel_tensor_dtype(tensor)));
    agreement_check_max(f->group, call, "what is padded", text, size);
    return group_end(f->group);
}

accel_tensor *accelerator_pad_across_processes_with(accelerator *acc, accel_tensor *tensor,
                                                    const accelerator_pad_options *options)
{
    static const char call[] = "accelerator_pad_across_processes";
    accelerator_pad_options o = accelerator_pad_options_default();
    facade *f = facade_of_all(acc, call);
    if (!f || !group_begin(f->group, call))
        return NULL;
    if (accel_options_read(call, &o, sizeof o, options) == ACCEL_OK)
        check(tensor, &o, call);
    int64_t dim = accel_error_is_set() ? -1 : dimension_of(tensor, o.dim);
    int64_t size = dim < 0 ? 0 : accel_tensor_size(tensor, (int)dim), largest = size;
    if (agree(f, tensor, &o, &largest, call) != ACCEL_OK)
        return NULL;
    return largest == size ? tensor_share(tensor, call) : pad(tensor, dim, largest - size, &o);
}

/* ---- bytes ---- */

/* The most bytes of any process; -1 on failure. */
static int64_t agree_on_longest(facade *f, const void *data, size_t size, const char *call)
{
    if (!group_begin(f->group, call))
        return -1;
    int64_t longest = (int64_t)size;
    if (size > INT32_MAX)
        accel_error_raise(ACCEL_EINVAL, call, "size is %zu, at most %d bytes can be sent", size, INT32_MAX);
    else if (!data && size > 0)
        accel_error_raise(ACCEL_EINVAL, call, "data is NULL, size is %zu", size);
    agreement_max(f->group, call, &longest);
    return group_end(f->group) == ACCEL_OK ? longest : -1;
}

/* A process's row: how many bytes are its, these bytes, zeros up to the longest. */
static accel_tensor *make_row(const void *data, int64_t size, int64_t longest)
{
    const int64_t whole = (int64_t)sizeof size + longest;
    accel_tensor *row = accel_zeros(ACCEL_UINT8, &whole, 1);
    char *to = row ? accel_tensor_data(row) : NULL;
    if (to)
        memcpy(to, &size, sizeof size);
    if (to && size > 0)
        memcpy(to + sizeof size, data, (size_t)size);
    return row;
}

static int64_t size_of_row(const char *row)
{
    int64_t size;
    memcpy(&size, row, sizeof size);
    return size;
}

/* Gives each process's size, 0 for who has joined, and their sum. */
static int64_t read_sizes(const facade *f, const char *rows, int64_t whole, size_t *sizes)
{
    int64_t total = 0;
    for (int rank = 0; rank < f->ranks.world_size; rank++) {
        int64_t size = group_is_present(f->group, rank) ? size_of_row(rows) : 0;
        rows += group_is_present(f->group, rank) ? whole : 0;
        total += size;
        if (sizes)
            sizes[rank] = (size_t)size;
    }
    return total;
}

/* What the rows hold, without gaps. */
static accel_tensor *join(const facade *f, accel_tensor *rows, int64_t longest, size_t *sizes)
{
    const int64_t whole = (int64_t)sizeof(int64_t) + longest;
    const char *from = accel_tensor_data(rows), *end = from ? from + accel_tensor_numel(rows) : NULL;
    if (!from)
        return NULL;
    int64_t total = read_sizes(f, from, whole, sizes);
    accel_tensor *joined = accel_empty(ACCEL_UINT8, &total, 1);
    char *to = joined && total > 0 ? accel_tensor_data(joined) : NULL;
    for (; to && from < end; from += whole) {
        memcpy(to, from + sizeof(int64_t), (size_t)size_of_row(from));
        to += size_of_row(from);
    }
    return joined;
}

accel_tensor *accelerator_gather_bytes(accelerator *acc, const void *data, size_t size, size_t *sizes)
{
    facade *f = facade_of_all(acc, __func__);
    const int64_t longest = f ? agree_on_longest(f, data, size, __func__) : -1;
    accel_tensor *joined = NULL;
    if (longest < 0)
        return NULL;
    accel_scoped() {
        accel_tensor *row = make_row(data, (int64_t)size, longest);
        accel_tensor *rows = collective_gather(f->group, __func__, row);
        joined = rows ? accel_keep(join(f, rows, longest, sizes)) : NULL;
    }
    return joined;
}
