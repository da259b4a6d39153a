#include <accel/token_dataset.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <accel/options.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/file_state.h"
#include "data/npy.h"

static const char call[] = "accel_token_dataset", loading[] = "accel_loader_next";

typedef struct token_dataset {
    accel_token_dataset_options options;
    char *path;
    int fd;
    size_t size;   /* bytes of the file */
    int64_t first; /* byte where the tokens begin */
    bool has_sign;
    int64_t count;    /* of tokens */
    file_state state; /* when it was opened */
} token_dataset;

static void release(void *user)
{
    token_dataset *d = user;
    if (d->fd >= 0)
        close(d->fd);
    memory_free(d->path);
    memory_free(d);
}

/* ---- batches ---- */

/* A file that got shorter, or cannot be read at all. */
static accel_status raise_unread(const token_dataset *d, const char *of, ssize_t got)
{
    struct stat info;
    if (got < 0)
        return accel_error_raise(ACCEL_EIO, of, "%s: cannot be read: %s", d->path, strerror(errno));
    return accel_error_raise(ACCEL_EIO, of, "%s: had %zu bytes and has %lld", d->path, d->size,
                             fstat(d->fd, &info) == 0 ? (long long)info.st_size : -1);
}

/* Bytes from a place of the file on. They are read, not mapped: one that gets shorter meanwhile is an error, and no signal. */
static accel_status read_bytes(const token_dataset *d, const char *of, int64_t from, void *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(d->fd, (char *)to + done, size - done, (off_t)(d->first + from) + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return raise_unread(d, of, got);
        done += (size_t)got;
    }
    return ACCEL_OK;
}

/* Tokens as they are in the file, as many as a sample has. */
static void widen(const token_dataset *d, const char *at, int64_t *out)
{
    int64_t count = d->options.sequence_length;
    if (d->options.token_bytes == 8) {
        memcpy(out, at, (size_t)count * 8);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        uint16_t two;
        uint32_t four;
        if (d->options.token_bytes == 2) {
            memcpy(&two, at + 2 * i, 2);
            out[i] = d->has_sign ? (int16_t)two : two;
        } else {
            memcpy(&four, at + 4 * i, 4);
            out[i] = d->has_sign ? (int32_t)four : (int64_t)four;
        }
    }
}

/* One sample after another; `bytes` has room for one as it is in the file. */
static accel_status read_samples(const token_dataset *d, const int64_t *indices, size_t count, char *bytes,
                                 int64_t *ids, int64_t *labels)
{
    const accel_token_dataset_options *o = &d->options;
    const size_t width = (size_t)o->token_bytes, length = (size_t)o->sequence_length;
    const size_t shift = o->shift_labels ? width : 0;
    for (size_t i = 0; i < count; i++, ids += length, labels += length) {
        if (read_bytes(d, loading, indices[i] * o->stride * o->token_bytes, bytes, length * width + shift) !=
            ACCEL_OK)
            return accel_error_status();
        widen(d, bytes, ids);
        if (shift)
            widen(d, bytes + shift, labels);
        else
            memcpy(labels, ids, length * sizeof *ids);
    }
    return ACCEL_OK;
}

static accel_dict *batch(void *user, const int64_t *indices, size_t count)
{
    const token_dataset *d = user;
    const accel_token_dataset_options *o = &d->options;
    accel_tensor *ids = accel_empty(ACCEL_INT64, ACCEL_SHAPE((int64_t)count, o->sequence_length));
    accel_tensor *labels = accel_empty(ACCEL_INT64, ACCEL_SHAPE((int64_t)count, o->sequence_length));
    char *bytes = memory_alloc((size_t)o->sequence_length + 1, (size_t)o->token_bytes);
    accel_dict *result = accel_dict_create();
    if (!accel_error_is_set() &&
        read_samples(d, indices, count, bytes, accel_tensor_data(ids), accel_tensor_data(labels)) == ACCEL_OK)
        file_state_check(&d->state, d->fd, loading, d->path); /* else the tokens may be others */
    memory_free(bytes);
    error_name_memory(loading, false);
    accel_dict_set(result, "input_ids", ids);
    accel_dict_set(result, "labels", labels);
    return accel_error_is_set() ? NULL : result;
}

/* ---- opening ---- */

accel_token_dataset_options accel_token_dataset_options_default(void)
{
    return (accel_token_dataset_options){ACCEL_TOKEN_DATASET_DEFAULTS()};
}

static accel_status check(const accel_token_dataset_options *o)
{
    if (o->sequence_length < 1)
        return accel_error_raise(ACCEL_EINVAL, call, "sequence_length must be at least 1, got %lld",
                                 (long long)o->sequence_length);
    if (o->stride < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "stride must not be negative, got %lld",
                                 (long long)o->stride);
    if (o->token_bytes != 2 && o->token_bytes != 4 && o->token_bytes != 8)
        return accel_error_raise(ACCEL_EINVAL, call, "token_bytes must be 2, 4 or 8, got %d", o->token_bytes);
    if (o->offset < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "offset must not be negative, got %lld",
                                 (long long)o->offset);
    return ACCEL_OK;
}

/* What an array file of NumPy begins with. */
typedef struct beginning {
    unsigned char bytes[4096];
    size_t count;
} beginning;

static accel_status find_array(token_dataset *d, const beginning *b)
{
    npy_header h;
    if (npy_read_header(&h, b->bytes, b->count, d->size, call, d->path) != ACCEL_OK)
        return accel_error_status();
    bool suits =
        (h.kind == 'i' && h.item_size > 1) || (h.kind == 'u' && (h.item_size == 2 || h.item_size == 4));
    if (h.rank != 1 || !suits)
        return accel_error_raise(ACCEL_EUNSUPPORTED, call,
                                 "%s: its %zu-dimensional array of %c%zu items is not one of tokens", d->path,
                                 h.rank, h.kind, h.item_size);
    d->options.token_bytes = (int)h.item_size;
    d->has_sign = h.kind == 'i';
    d->first = (int64_t)h.offset;
    d->count = h.count;
    return ACCEL_OK;
}

static accel_status find_tokens(token_dataset *d)
{
    const accel_token_dataset_options *o = &d->options;
    beginning b = {.count = d->size < sizeof b.bytes ? d->size : sizeof b.bytes};
    if (read_bytes(d, call, 0, b.bytes, b.count) != ACCEL_OK)
        return accel_error_status();
    if (npy_is_one(b.bytes, b.count))
        return find_array(d, &b);
    if ((uint64_t)o->offset > d->size)
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: has %zu bytes, offset is %lld", d->path, d->size,
                                 (long long)o->offset);
    size_t bytes = d->size - (size_t)o->offset;
    if (bytes % (size_t)o->token_bytes != 0)
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: ends within a token: %zu bytes, of %d each", d->path,
                                 bytes, o->token_bytes);
    d->first = o->offset;
    d->count = (int64_t)(bytes / (size_t)o->token_bytes);
    return ACCEL_OK;
}

/* How many samples there are; -1 with the failure recorded when there is not even one. */
static int64_t length_of(token_dataset *d)
{
    accel_token_dataset_options *o = &d->options;
    int64_t rest = d->count - (o->shift_labels ? 1 : 0);
    if (o->stride == 0)
        o->stride = o->sequence_length;
    if (rest >= o->sequence_length)
        return (rest - o->sequence_length) / o->stride + 1;
    accel_error_raise(ACCEL_EFORMAT, call, "%s: has %lld tokens, a sample needs %lld%s", d->path,
                      (long long)d->count, (long long)o->sequence_length,
                      o->shift_labels ? ", and one more for its labels" : "");
    return -1;
}

accel_dataset *accel_token_dataset_with(const char *path, const accel_token_dataset_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_token_dataset_options o = accel_token_dataset_options_default();
    if (accel_options_read(call, &o, sizeof o, options) != ACCEL_OK || check(&o) != ACCEL_OK)
        return NULL;
    if (!path)
        return accel_error_raise(ACCEL_EINVAL, call, "path is NULL"), NULL;
    token_dataset *d = memory_alloc(1, sizeof *d);
    if (!d)
        return NULL;
    *d = (token_dataset){.options = o, .path = memory_copy_string(path), .fd = -1};
    int64_t length = -1;
    if (d->path)
        d->fd = file_open_regular(path, &d->size);
    if (d->fd >= 0)
        d->state = file_state_of(d->fd);
    if (d->fd >= 0 && find_tokens(d) == ACCEL_OK)
        length = length_of(d);
    accel_dataset *dataset = NULL;
    if (length > 0)
        dataset = accel_dataset_create(.length = length, .batch = batch, .user = d, .release = release);
    if (!dataset) {
        release(d);
        error_name_memory(call, false);
        return NULL;
    }
    dataset_set_copied_bytes(dataset, (size_t)d->options.sequence_length * 16);
    return dataset;
}
