#include "data/parcel.h"

#include <string.h>

#include <accel/op.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/tensor.h"

enum { DIMENSIONS = 64 };

typedef struct head {
    int32_t kind, is_whole;
    int64_t skipped;
    int64_t share, real;
    uint32_t rows, tensors;
} head;

typedef struct entry {
    int32_t dtype, rank;
    uint64_t name_size, bytes;
} entry;

static const char call[] = "accel_loader_next";

/* ---- packing ---- */

static accel_status pack_tensor(const char *name, accel_tensor *tensor, buffer *to)
{
    engine_view view;
    accel_tensor *values = tensor_on_cpu(tensor, call);
    if (!values || tensor_view(values, call, &view) != ACCEL_OK)
        return accel_error_status();
    const entry e = {.dtype = (int32_t)view.dtype,
                     .rank = (int32_t)view.rank,
                     .name_size = strlen(name),
                     .bytes = accel_tensor_bytes(values)};
    buffer_append(to, &e, sizeof e);
    buffer_append(to, view.sizes, view.rank * sizeof *view.sizes);
    buffer_append(to, name, e.name_size);
    if (e.bytes > 0)
        buffer_append(to, accel_tensor_data(values), e.bytes);
    return accel_error_status();
}

accel_status parcel_pack(const parcel *p, accel_dict *batch, int world_size, buffer *message)
{
    const head h = {.kind = (int32_t)p->kind,
                    .skipped = p->skipped,
                    .is_whole = p->round.is_whole,
                    .share = p->round.share,
                    .real = p->round.real,
                    .rows = p->round.rows ? (uint32_t)world_size : 0,
                    .tensors = batch ? (uint32_t)accel_dict_count(batch) : 0};
    buffer_append(message, &h, sizeof h);
    buffer_append(message, p->round.rows, h.rows * sizeof *p->round.rows);
    if (p->kind == PARCEL_FAILURE)
        buffer_append(message, &p->error, sizeof p->error);
    accel_scoped() {
        for (uint32_t i = 0; i < h.tensors && !accel_error_is_set(); i++)
            pack_tensor(accel_dict_name(batch, i), accel_dict_tensor(batch, i), message);
    }
    return accel_error_status();
}

/* ---- unpacking ---- */

typedef struct reader {
    const char *at;
    size_t left;
} reader;

/* The next bytes; NULL where there are not as many. */
static const char *take(reader *r, uint64_t size)
{
    const char *taken = r->at;
    if (size > r->left)
        return NULL;
    r->at += size;
    r->left -= (size_t)size;
    return taken;
}

static bool take_into(reader *r, void *to, size_t size)
{
    const char *from = take(r, size);
    if (from)
        memcpy(to, from, size);
    return from;
}

static accel_status refuse(void)
{
    return accel_error_raise(ACCEL_EFORMAT, call, "a batch from process 0 is damaged");
}

/* Reads what comes before the tensors. */
static bool read_head(reader *r, head *h, parcel *p)
{
    if (!take_into(r, h, sizeof *h) || h->kind < PARCEL_BATCH || h->kind > PARCEL_FAILURE)
        return false;
    *p = (parcel){
        .kind = (parcel_kind)h->kind,
        .skipped = h->skipped,
        .round = {.share = h->share, .real = h->real, .is_whole = h->is_whole, .rows = (const int64_t *)r->at}};
    if (h->rows == 0)
        p->round.rows = NULL;
    return take(r, h->rows * sizeof(int64_t)) &&
           (p->kind != PARCEL_FAILURE || take_into(r, &p->error, sizeof p->error));
}

accel_status parcel_read(parcel *p, const buffer *message)
{
    head h;
    reader r = {message->data, message->size};
    return read_head(&r, &h, p) ? ACCEL_OK : refuse();
}

static bool unpack_tensor(reader *r, accel_dict *batch)
{
    entry e;
    int64_t sizes[DIMENSIONS];
    if (!take_into(r, &e, sizeof e) || e.rank < 0 || e.rank > DIMENSIONS ||
        !take_into(r, sizes, (size_t)e.rank * sizeof *sizes))
        return false;
    const char *name = take(r, e.name_size), *data = take(r, e.bytes);
    accel_tensor *tensor = name && data ? accel_empty((accel_dtype)e.dtype, sizes, (size_t)e.rank) : NULL;
    if (!tensor || accel_tensor_bytes(tensor) != e.bytes)
        return false;
    if (e.bytes > 0)
        memcpy(accel_tensor_data(tensor), data, (size_t)e.bytes);
    char *whole_name = memory_copy_bytes(name, (size_t)e.name_size);
    bool added = whole_name && accel_dict_set(batch, whole_name, tensor) == ACCEL_OK;
    memory_free(whole_name);
    return added;
}

accel_dict *parcel_unpack(const buffer *message)
{
    head h;
    parcel p;
    reader r = {message->data, message->size};
    accel_dict *batch = accel_dict_create();
    bool good = batch && read_head(&r, &h, &p);
    for (uint32_t i = 0; good && i < h.tensors; i++)
        good = unpack_tensor(&r, batch);
    if (!good && !accel_error_is_set())
        refuse();
    return accel_error_is_set() ? NULL : batch;
}
