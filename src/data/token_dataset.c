#include <accel/token_dataset.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <accel/options.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/npy.h"

static const char call[] = "accel_token_dataset";

typedef struct token_dataset {
    accel_token_dataset_options options;
    char *path;
    file_map map;
    int fd; /* of what is mapped, which may bear another name by now, or none */
    const unsigned char *tokens;
    bool has_sign;
    int64_t count; /* of tokens */
} token_dataset;

static void release(void *user)
{
    token_dataset *d = user;
    file_map_close(&d->map);
    if (d->fd >= 0)
        close(d->fd);
    memory_free(d->path);
    memory_free(d);
}

/* ---- batches ---- */

/* Tokens from number `from` on. They may stand anywhere: copies, not casts. */
static void widen(const token_dataset *d, int64_t from, int64_t *out)
{
    const unsigned char *at = d->tokens + from * d->options.token_bytes;
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

static accel_tensor *take(const token_dataset *d, const int64_t *indices, size_t count, int64_t shift)
{
    accel_tensor *rows = accel_empty(ACCEL_INT64, ACCEL_SHAPE((int64_t)count, d->options.sequence_length));
    int64_t *to = accel_tensor_data(rows);
    for (size_t i = 0; to && i < count; i++)
        widen(d, indices[i] * d->options.stride + shift, to + (int64_t)i * d->options.sequence_length);
    return rows;
}

/* Looks first whether the file still has what is mapped of it: bytes that it lost cannot be read. */
static accel_status check_size(const token_dataset *d)
{
    struct stat info;
    if (fstat(d->fd, &info) == 0 && (size_t)info.st_size < d->map.size)
        return accel_error_raise(ACCEL_EIO, "accel_loader_next", "%s: had %zu bytes and has %lld", d->path,
                                 d->map.size, (long long)info.st_size);
    return ACCEL_OK;
}

static accel_dict *batch(void *user, const int64_t *indices, size_t count)
{
    const token_dataset *d = user;
    if (check_size(d) != ACCEL_OK)
        return NULL;
    accel_dict *result = accel_dict_create();
    accel_dict_set(result, "input_ids", take(d, indices, count, 0));
    accel_dict_set(result, "labels", take(d, indices, count, d->options.shift_labels ? 1 : 0));
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

static accel_status find_array(token_dataset *d)
{
    npy_header h;
    if (npy_read_header(&h, d->map.data, d->map.size, call, d->path) != ACCEL_OK)
        return accel_error_status();
    bool suits =
        (h.kind == 'i' && h.item_size > 1) || (h.kind == 'u' && (h.item_size == 2 || h.item_size == 4));
    if (h.rank != 1 || !suits)
        return accel_error_raise(ACCEL_EUNSUPPORTED, call,
                                 "%s: its %zu-dimensional array of %c%zu items is not one of tokens", d->path,
                                 h.rank, h.kind, h.item_size);
    d->options.token_bytes = (int)h.item_size;
    d->has_sign = h.kind == 'i';
    d->tokens = d->map.data + h.offset;
    d->count = h.count;
    return ACCEL_OK;
}

static accel_status find_tokens(token_dataset *d)
{
    if (npy_is_one(d->map.data, d->map.size))
        return find_array(d);
    const accel_token_dataset_options *o = &d->options;
    if ((uint64_t)o->offset > d->map.size)
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: has %zu bytes, offset is %lld", d->path, d->map.size,
                                 (long long)o->offset);
    size_t bytes = d->map.size - (size_t)o->offset;
    if (bytes % (size_t)o->token_bytes != 0)
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: ends within a token: %zu bytes, of %d each", d->path,
                                 bytes, o->token_bytes);
    d->tokens = d->map.data + o->offset;
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

static accel_status hold(token_dataset *d)
{
    d->fd = open(d->path, O_RDONLY | O_CLOEXEC);
    return d->fd >= 0 ? ACCEL_OK : file_raise_errno(d->path, "cannot be opened");
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
    if (d->path && file_map_open(&d->map, path) == ACCEL_OK && hold(d) == ACCEL_OK &&
        find_tokens(d) == ACCEL_OK)
        length = length_of(d);
    accel_dataset *dataset = NULL;
    if (length > 0)
        dataset = accel_dataset_create(.length = length, .batch = batch, .user = d, .release = release);
    if (!dataset) {
        release(d);
        return NULL;
    }
    dataset_set_copied_bytes(dataset, (size_t)d->options.sequence_length * 16);
    return dataset;
}
