#include "data/npy.h"

#include <stdio.h>
#include <string.h>

#include <accel/npy.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

bool npy_is_one(const unsigned char *bytes, size_t size)
{
    return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

/* ---- the header: a literal of a Python dict ---- */

/* The text that is still to be read. */
typedef struct text {
    const char *at, *end;
} text;

static void skip_spaces(text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n' || *t->at == '\t'))
        t->at++;
}

/* Takes a word that must come next, with spaces before it. */
static bool take(text *t, const char *word)
{
    size_t size = strlen(word);
    skip_spaces(t);
    if ((size_t)(t->end - t->at) < size || memcmp(t->at, word, size) != 0)
        return false;
    t->at += size;
    return true;
}

/* A text between quotes, which hold no others. */
static bool take_string(text *t, char *out, size_t size)
{
    skip_spaces(t);
    char quote = t->at < t->end ? *t->at : '\0';
    if (quote != '\'' && quote != '"')
        return false;
    const char *from = t->at + 1, *to = memchr(from, quote, (size_t)(t->end - from));
    if (!to || (size_t)(to - from) >= size)
        return false;
    memcpy(out, from, (size_t)(to - from));
    out[to - from] = '\0';
    t->at = to + 1;
    return true;
}

static bool take_number(text *t, int64_t *out)
{
    skip_spaces(t);
    const char *from = t->at;
    for (*out = 0; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++)
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, *t->at - '0', out))
            return false;
    take(t, "L"); /* of Python 2 */
    return t->at > from;
}

static bool take_shape(text *t, npy_header *h)
{
    int64_t size = 0;
    if (!take(t, "("))
        return false;
    for (h->rank = 0; !take(t, ")");) {
        if (!take_number(t, &size) || (!take(t, ",") && (t->at == t->end || *t->at != ')')))
            return false;
        if (h->rank < NPY_RANK_MAX)
            h->shape[h->rank] = size;
        h->rank += h->rank <= NPY_RANK_MAX;
    }
    return true;
}

/* The type of items that have fields, as it is written: a list, with brackets in it. */
static bool take_fields(text *t, char *out, size_t size)
{
    skip_spaces(t);
    const char *from = t->at;
    char quote = '\0';
    int depth = 0;
    for (; t->at < t->end; t->at++) {
        char c = *t->at;
        if (quote || c == '\'' || c == '"')
            quote = !quote ? c : quote == c ? '\0' : quote;
        else
            depth += c == '[' || c == '(' ? 1 : c == ']' || c == ')' ? -1 : 0;
        if (!quote && depth == 0)
            break;
    }
    if (t->at == t->end)
        return false;
    t->at++;
    snprintf(out, size, "%.*s", (int)(t->at - from), from);
    return true;
}

static bool take_type(text *t, char *out, size_t size)
{
    skip_spaces(t);
    return t->at < t->end && *t->at == '[' ? take_fields(t, out, size) : take_string(t, out, size);
}

static bool take_order(text *t, npy_header *h)
{
    h->fortran_order = take(t, "True");
    return h->fortran_order || take(t, "False");
}

/* The element type as it is written, to `descr`. */
static bool take_header(text *t, npy_header *h, char *descr, size_t size)
{
    char key[16];
    int seen = 0;
    if (!take(t, "{"))
        return false;
    for (; !take(t, "}"); take(t, ",")) {
        if (!take_string(t, key, sizeof key) || !take(t, ":"))
            return false;
        bool taken = strcmp(key, "descr") == 0           ? take_type(t, descr, size)
                     : strcmp(key, "fortran_order") == 0 ? take_order(t, h)
                     : strcmp(key, "shape") == 0         ? take_shape(t, h)
                                                         : false;
        if (!taken)
            return false;
        seen++;
    }
    return seen == 3 && descr[0] != '\0';
}

/* ---- what it says ---- */

static bool set_type(npy_header *h, const char *descr)
{
    if ((descr[0] != '<' && descr[0] != '|' && descr[0] != '=') || !strchr("fiub", descr[1]) || !descr[1])
        return false;
    h->kind = descr[1];
    h->item_size = strlen(descr) == 3 && strchr("1248", descr[2]) ? (size_t)(descr[2] - '0') : 0;
    return h->item_size > 0 && (h->kind != 'b' || h->item_size == 1) && (h->kind != 'f' || h->item_size > 1);
}

/* Whether the items that the shape counts are all in the file. */
static bool holds_items(npy_header *h, size_t size)
{
    int64_t bytes;
    h->count = 1;
    for (size_t i = 0; i < h->rank; i++)
        if (__builtin_mul_overflow(h->count, h->shape[i], &h->count))
            return false;
    return !__builtin_mul_overflow(h->count, (int64_t)h->item_size, &bytes) &&
           (uint64_t)bytes <= size - h->offset;
}

accel_status npy_read_header(npy_header *h, const unsigned char *bytes, size_t available, size_t size,
                             const char *call, const char *path)
{
    char descr[128] = "";
    *h = (npy_header){0};
    if (!npy_is_one(bytes, available))
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: is not a NumPy array file", path);
    if (available < 12 || bytes[6] < 1 || bytes[6] > 3)
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: has a damaged header", path);
    size_t start = bytes[6] == 1 ? 10 : 12, length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    if (bytes[6] > 1)
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    h->offset = start + length;
    text t = {(const char *)bytes + start, (const char *)bytes + h->offset};
    if (h->offset > available || !take_header(&t, h, descr, sizeof descr))
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: has a damaged header", path);
    if (!set_type(h, descr))
        return accel_error_raise(ACCEL_EUNSUPPORTED, call,
                                 "%s: its items are of type \"%s\", which is not supported", path, descr);
    if (h->rank > NPY_RANK_MAX)
        return accel_error_raise(ACCEL_EUNSUPPORTED, call, "%s: has more than %d dimensions", path,
                                 NPY_RANK_MAX);
    if (!holds_items(h, size))
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: ends before its last item", path);
    return ACCEL_OK;
}

/* ---- arrays ---- */

static bool dtype_of(const npy_header *h, accel_dtype *dtype)
{
    static const struct {
        char kind;
        size_t size;
        accel_dtype dtype;
    } types[] = {{'f', 2, ACCEL_FLOAT16}, {'f', 4, ACCEL_FLOAT32}, {'f', 8, ACCEL_FLOAT64},
                 {'i', 1, ACCEL_INT8},    {'i', 2, ACCEL_INT16},   {'i', 4, ACCEL_INT32},
                 {'i', 8, ACCEL_INT64},   {'u', 1, ACCEL_UINT8},   {'b', 1, ACCEL_BOOLEAN}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].kind != h->kind || types[i].size != h->item_size)
            continue;
        *dtype = types[i].dtype;
        return true;
    }
    return false;
}

static void release(void *data, void *user)
{
    (void)data;
    file_map_close(user);
    memory_free(user);
}

static void set_strides(const npy_header *h, int64_t strides[NPY_RANK_MAX])
{
    int64_t stride = 1;
    for (size_t i = 0; i < h->rank; i++) {
        size_t dimension = h->fortran_order ? i : h->rank - 1 - i;
        strides[dimension] = stride;
        stride *= h->shape[dimension] > 0 ? h->shape[dimension] : 1;
    }
}

static void release_copy(void *data, void *user)
{
    (void)user;
    memory_free(data);
}

/* Of a header that some other program wrote: its items may be at any place. */
static accel_tensor *copy(const npy_header *h, accel_dtype dtype, const void *items, const int64_t *strides)
{
    size_t size = (size_t)h->count * h->item_size;
    void *data = memory_alloc(size, 1);
    if (!data)
        return NULL;
    memcpy(data, items, size);
    accel_tensor *tensor =
        accel_tensor_wrap(data, dtype, h->shape, h->rank, .strides = strides, .release = release_copy);
    if (!tensor)
        memory_free(data);
    return tensor;
}

/* The array of a file. `*lent`: it uses the map, and closes it. */
static accel_tensor *array_of(file_map *map, const char *path, bool *lent)
{
    npy_header h;
    accel_dtype dtype;
    int64_t strides[NPY_RANK_MAX];
    if (npy_read_header(&h, map->data, map->size, map->size, "accel_npy_load", path) != ACCEL_OK)
        return NULL;
    if (!dtype_of(&h, &dtype))
        return accel_error_raise(ACCEL_EUNSUPPORTED, "accel_npy_load",
                                 "%s: tensors have no type for %c%zu items", path, h.kind, h.item_size),
               NULL;
    if (h.count == 0)
        return accel_empty(dtype, h.shape, h.rank);
    unsigned char *items = (unsigned char *)(uintptr_t)map->data + h.offset;
    set_strides(&h, strides);
    if (h.offset % h.item_size != 0)
        return copy(&h, dtype, items, strides);
    accel_tensor *array =
        accel_tensor_wrap(items, dtype, h.shape, h.rank, .strides = strides, .release = release, .user = map);
    *lent = array;
    return array;
}

accel_tensor *accel_npy_load(const char *path)
{
    RETURN_NULL_IF_FAILED();
    if (!path)
        return RAISE_NULL(ACCEL_EINVAL, "path is NULL");
    bool lent = false;
    accel_tensor *array = NULL;
    file_map *map = memory_alloc(1, sizeof *map);
    if (map && file_map_open(map, path) == ACCEL_OK)
        array = array_of(map, path, &lent);
    if (map && !lent)
        release(NULL, map);
    error_name_memory(__func__, false);
    return array;
}
