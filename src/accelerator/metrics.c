/* What all processes computed for the samples of a batch, each sample once. */
#include "accelerator/metrics.h"

#include <accel/autograd.h>
#include <accel/collective.h>
#include <accel/op.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "comm/agreement.h"
#include "data/loader.h"
#include "tensor/tensor.h"

static const char call[] = "accelerator_gather_for_metrics";

const batch_round *metrics_round(const facade *f)
{
    accel_loader *loader = loader_innermost();
    return loader && facade_find_prepared(f, loader) ? loader_round(loader) : NULL;
}

bool metrics_rows_differ(const facade *f, const batch_round *round)
{
    for (int rank = 1; round && rank < f->ranks.world_size; rank++)
        if (batch_round_rows(round, rank) != batch_round_rows(round, 0))
            return true;
    return false;
}

/* The first rows as a tensor of their own; the other is not needed any more. */
static accel_tensor *cut(accel_tensor *rows, int64_t count)
{
    if (accel_tensor_rank(rows) == 0 || accel_tensor_size(rows, 0) <= count)
        return rows;
    accel_tensor *kept = accel_narrow(rows, 0, 0, count), *own = accel_contiguous(kept);
    accel_free(kept);
    accel_free(rows);
    return own;
}

/* ---- batches of different sizes ---- */

/* What is wrong in one process is every process's failure. */
static accel_status check_rows(facade *f, accel_tensor *tensor, const batch_round *round)
{
    if (!group_begin(f->group, call))
        return accel_error_status();
    int64_t own = batch_round_rows(round, f->ranks.rank);
    if (tensor_check(tensor, call, "tensor") &&
        (accel_tensor_rank(tensor) == 0 || accel_tensor_size(tensor, 0) != own))
        accel_error_raise(
            ACCEL_EINVAL, call, "tensor must have a row for each of the batch's %lld samples, got %lld",
            (long long)own, accel_tensor_rank(tensor) ? (long long)accel_tensor_size(tensor, 0) : 1);
    agreement_check(f->group, call, "tensor", "");
    return group_end(f->group);
}

/* The same rows and then others, up to the round's largest batch. */
static accel_tensor *lengthen(accel_tensor *tensor, const batch_round *round)
{
    int64_t missing = round->share - accel_tensor_size(tensor, 0);
    if (missing == 0)
        return tensor;
    accel_tensor *row = accel_narrow(tensor, 0, 0, 1);
    accel_tensor *list[] = {tensor, accel_op("aten::repeat_interleave.self_int", row, missing, 0)};
    return accel_cat(list, 2, 0);
}

static accel_tensor *take_rows(const facade *f, accel_tensor *gathered, const batch_round *round)
{
    int count = f->ranks.world_size;
    accel_tensor **parts = memory_alloc((size_t)count, sizeof *parts);
    size_t found = 0;
    for (int rank = 0; parts && rank < count; rank++) {
        int64_t own = batch_round_rows(round, rank), place = (int64_t)found * round->share;
        if (own > 0)
            parts[found++] = accel_narrow(gathered, 0, place, own);
    }
    accel_tensor *rows = parts ? cut(accel_cat(parts, found, 0), round->real) : NULL;
    memory_free(parts);
    return rows;
}

static accel_status check_all_have(const facade *f, const batch_round *round)
{
    for (int rank = 0; rank < f->ranks.world_size; rank++)
        if (batch_round_rows(round, rank) == 0 && !group_joins(f->group))
            return accel_error_raise(ACCEL_EINVAL, call,
                                     "process %d has no batch any more, so that it cannot come here: see "
                                     "accelerator_join_uneven_inputs",
                                     rank);
    return ACCEL_OK;
}

static accel_tensor *gather_uneven(accelerator *acc, facade *f, accel_tensor *tensor, const batch_round *round)
{
    accel_tensor *rows = NULL;
    if (accel_error_is_set() || check_all_have(f, round) != ACCEL_OK ||
        check_rows(f, tensor, round) != ACCEL_OK)
        return NULL;
    accel_no_grad()
        accel_scoped() {
            accel_tensor *gathered = facade_gather(acc, lengthen(tensor, round), call);
            rows = gathered ? accel_keep(take_rows(f, gathered, round)) : NULL;
        }
    return rows;
}

accel_tensor *accelerator_gather_for_metrics(accelerator *acc, accel_tensor *tensor)
{
    facade *f = facade_of_all(acc, call);
    const batch_round *round = f && f->group ? metrics_round(f) : NULL;
    if (metrics_rows_differ(f, round))
        return gather_uneven(acc, f, tensor, round);
    accel_tensor *gathered = f ? facade_gather(acc, tensor, call) : NULL;
    return gathered && round ? cut(gathered, round->real) : gathered;
}
