#include "checkpoint/pickle_dict.h"

#include <stdio.h>
#include <string.h>

#include <accel/log.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/quote.h"
#include "checkpoint/dtype.h"
#include "checkpoint/source.h"
#include "checkpoint/tied.h"
#include "pickle/reader.h"
#include "pickle/writer.h"
#include "tensor/tensor.h"

/* ---- in ---- */

typedef struct reading {
    accel_dict *dict;
    source *source;
    const char *path, *call;
    buffer name; /* of the value at hand */
    size_t left_out;
    char example[160];
} reading;

static accel_status add_value(reading *r, const pickle_value *value);

static accel_status set_entry(reading *r, accel_tensor *tensor)
{
    if (tensor && accel_dict_has(r->dict, r->name.data))
        accel_error_raise(ACCEL_EFORMAT, r->call, "%s: two values are named \"%.100s\"", r->path, r->name.data);
    else if (tensor)
        accel_dict_set(r->dict, r->name.data, tensor);
    accel_free(tensor);
    return accel_error_status();
}

static void leave_out(reading *r, const pickle_value *value)
{
    if (r->left_out++ == 0)
        snprintf(r->example, sizeof r->example, "\"%.100s\", %s", r->name.data, pickle_kind_name(value->kind));
}

/* Bytes from the first element to the end of the last; 0 for none. */
static size_t span_of(const pickle_tensor *t)
{
    size_t last = 0;
    for (size_t i = 0; i < t->rank; i++) {
        if (t->sizes[i] == 0)
            return 0;
        last += (size_t)(t->sizes[i] - 1) * (size_t)t->strides[i];
    }
    return (last + 1) * pickle_dtype_size(t->dtype);
}

static accel_status add_tensor(reading *r, const pickle_tensor *t)
{
    accel_dtype dtype;
    if (!dtype_from_pickle(t->dtype, &dtype))
        return accel_error_raise(ACCEL_EUNSUPPORTED, r->call, "%s: tensor \"%.100s\" has dtype %s", r->path,
                                 r->name.data, pickle_dtype_name(t->dtype));
    const char *first = (const char *)t->storage->data + (size_t)t->offset * pickle_dtype_size(t->dtype);
    return set_entry(r, source_tensor(r->source, first, span_of(t), dtype, t->sizes, t->rank, t->strides));
}

static const double *real_of(const pickle_value *value, double *room)
{
    *room = value->kind == PICKLE_REAL ? value->real : (double)value->integer;
    return room;
}

static accel_status add_number(reading *r, const pickle_value *value)
{
    double real;
    switch (value->kind) {
    case PICKLE_INTEGER:
        return set_entry(r, accel_tensor_copy_from(&value->integer, ACCEL_INT64, NULL, 0));
    case PICKLE_BOOLEAN:
        return set_entry(r, accel_tensor_copy_from(&value->boolean, ACCEL_BOOLEAN, NULL, 0));
    default:
        return set_entry(r, accel_tensor_copy_from(real_of(value, &real), ACCEL_FLOAT64, NULL, 0));
    }
}

/* ---- lists ---- */

/* The one type that all items have, PICKLE_REAL for integers among reals; PICKLE_NONE when they are no numbers. */
static pickle_kind kind_of_items(const pickle_items *items)
{
    pickle_kind kind = items->count ? items->at[0]->kind : PICKLE_NONE;
    for (size_t i = 0; i < items->count; i++) {
        pickle_kind other = items->at[i]->kind;
        bool both_numbers = (kind == PICKLE_INTEGER || kind == PICKLE_REAL) &&
                            (other == PICKLE_INTEGER || other == PICKLE_REAL);
        if (other != kind)
            kind = both_numbers ? PICKLE_REAL : PICKLE_NONE;
    }
    return kind == PICKLE_INTEGER || kind == PICKLE_REAL || kind == PICKLE_BOOLEAN ? kind : PICKLE_NONE;
}

static accel_status add_numbers(reading *r, const pickle_items *items, pickle_kind kind)
{
    const int64_t count = (int64_t)items->count;
    const accel_dtype dtype = kind == PICKLE_INTEGER ? ACCEL_INT64
                              : kind == PICKLE_REAL  ? ACCEL_FLOAT64
                                                     : ACCEL_BOOLEAN;
    const size_t size = accel_dtype_size(dtype);
    char *values = memory_alloc(items->count, size);
    for (size_t i = 0; values && i < items->count; i++) {
        const pickle_value *item = items->at[i];
        double real;
        memcpy(values + i * size,
               kind == PICKLE_REAL      ? (const void *)real_of(item, &real)
               : kind == PICKLE_INTEGER ? (const void *)&item->integer
                                        : &item->boolean,
               size);
    }
    if (values)
        set_entry(r, accel_tensor_copy_from(values, dtype, &count, 1));
    memory_free(values);
    return accel_error_status();
}

/* Goes down to a value whose name ends in `part`, and comes back. */
static accel_status add_inner(reading *r, const char *part, size_t length, const pickle_value *value)
{
    size_t before = r->name.size;
    if (memchr(part, '\0', length))
        return accel_error_raise(ACCEL_EFORMAT, r->call, "%s: a name holds a zero character", r->path);
    if (before > 0)
        buffer_append_string(&r->name, ".");
    if (buffer_append(&r->name, part, length) == ACCEL_OK)
        add_value(r, value);
    if (r->name.data) {
        r->name.size = before;
        r->name.data[before] = '\0';
    }
    return accel_error_status();
}

static accel_status add_item(reading *r, int64_t index, const pickle_value *value)
{
    char part[24];
    int length = snprintf(part, sizeof part, "%lld", (long long)index);
    return add_inner(r, part, (size_t)length, value);
}

static accel_status add_list(reading *r, const pickle_items *items)
{
    pickle_kind kind = kind_of_items(items);
    if (kind != PICKLE_NONE && r->name.size > 0)
        return add_numbers(r, items, kind);
    for (size_t i = 0; i < items->count && !accel_error_is_set(); i++)
        add_item(r, (int64_t)i, items->at[i]);
    return accel_error_status();
}

static accel_status add_dict(reading *r, const pickle_items *items)
{
    for (size_t i = 0; i + 1 < items->count && !accel_error_is_set(); i += 2) {
        const pickle_value *key = items->at[i];
        if (key->kind == PICKLE_STRING)
            add_inner(r, key->text.bytes, key->text.size, items->at[i + 1]);
        else if (key->kind == PICKLE_INTEGER)
            add_item(r, key->integer, items->at[i + 1]);
        else
            return accel_error_raise(ACCEL_EUNSUPPORTED, r->call,
                                     "%s: a key of \"%.100s\" is %s; strings and integers are read", r->path,
                                     r->name.data ? r->name.data : "", pickle_kind_name(key->kind));
    }
    return accel_error_status();
}

static accel_status add_value(reading *r, const pickle_value *value)
{
    switch (value->kind) {
    case PICKLE_TENSOR:
        return add_tensor(r, &value->tensor);
    case PICKLE_INTEGER:
    case PICKLE_REAL:
    case PICKLE_BOOLEAN:
        return add_number(r, value);
    case PICKLE_LIST:
    case PICKLE_TUPLE:
        return add_list(r, &value->items);
    case PICKLE_DICT:
        return add_dict(r, &value->items);
    case PICKLE_NONE:
        return ACCEL_OK;
    default:
        leave_out(r, value);
        return ACCEL_OK;
    }
}

static accel_status add_root(reading *r, const pickle_value *root)
{
    if (root->kind != PICKLE_DICT && root->kind != PICKLE_LIST && root->kind != PICKLE_TUPLE)
        return accel_error_raise(ACCEL_EUNSUPPORTED, r->call, "%s: holds %s alone, not named tensors", r->path,
                                 pickle_kind_name(root->kind));
    add_value(r, root);
    if (r->left_out > 0 && !accel_error_is_set())
        accel_log_line(ACCEL_LOG_WARNING, "%s: %s: %zu values are no tensors and were left out, such as %s",
                       r->call, r->path, r->left_out, r->example);
    return accel_error_status();
}

static void close_file(void *file) { pickle_close(file); }

accel_status pickle_dict_read(accel_dict *dict, const char *path, const char *call)
{
    pickle_file *file = pickle_open(path);
    source *s = source_create(file, close_file);
    if (!s)
        return accel_error_status();
    reading r = {.dict = dict, .source = s, .path = path, .call = call};
    add_root(&r, pickle_root(file));
    buffer_dispose(&r.name);
    source_release(s);
    return accel_error_status();
}

/* ---- out ---- */

typedef struct writing {
    pickle_arena *arena;
    pickle_value *root;
    accel_dict *dict;
    nest_layout layout;
    size_t *tied;              /* see tied.h */
    pickle_storage **storages; /* of each entry so far */
    const char *call;
} writing;

/* The storage of the entry that it is tied to, so that it stays so; otherwise its own. */
static pickle_storage *storage_of(writing *w, size_t index, accel_tensor *plain, pickle_dtype dtype)
{
    if (w->tied[index] != index)
        return w->storages[w->tied[index]];
    pickle_storage *made = pickle_arena_alloc(w->arena, sizeof *made);
    const size_t size = accel_tensor_bytes(plain);
    if (made)
        *made = (pickle_storage){.data = size ? accel_tensor_data(plain) : NULL, .size = size, .dtype = dtype};
    return made;
}

static pickle_value *make_tensor(writing *w, size_t index, accel_tensor *plain)
{
    engine_view view;
    pickle_tensor t = {0};
    if (tensor_view(plain, w->call, &view) != ACCEL_OK)
        return NULL;
    if (!dtype_to_pickle(view.dtype, &t.dtype))
        return accel_error_raise(ACCEL_EUNSUPPORTED, w->call, "\"%s\" has a dtype that files cannot hold",
                                 accel_dict_name(w->dict, index)),
               NULL;
    t.storage = w->storages[index] = storage_of(w, index, plain, t.dtype);
    t.rank = view.rank;
    t.sizes = view.sizes;
    t.strides = view.strides;
    return t.storage ? pickle_tensor_of(w->arena, &t) : NULL;
}

static accel_status put_entry(writing *w, size_t index)
{
    const char *name = accel_dict_name(w->dict, index);
    accel_tensor *given = accel_dict_tensor(w->dict, index);
    if (!quote_is_utf8(name))
        return accel_error_raise(ACCEL_EINVAL, w->call, "the name of entry %zu is not UTF-8", index);
    pickle_value *value = nest_is_number(w->layout, name, given)
                              ? nest_number(w->arena, name, given, w->call)
                              : make_tensor(w, index, tensor_on_cpu(given, w->call));
    return value ? nest_put(w->arena, w->root, w->layout, name, value) : accel_error_status();
}

static file_writer *stage(writing *w, const char *path)
{
    file_writer *writer = NULL;
    accel_scoped() {
        for (size_t i = 0; i < accel_dict_count(w->dict) && !accel_error_is_set(); i++)
            put_entry(w, i);
        if (!accel_error_is_set())
            writer = pickle_stage(path, w->root);
    }
    return writer;
}

file_writer *pickle_dict_stage(accel_dict *dict, const char *path, nest_layout layout, const char *call)
{
    RETURN_NULL_IF_FAILED();
    size_t count = accel_dict_count(dict);
    writing w = {.dict = dict,
                 .layout = layout,
                 .call = call,
                 .arena = accel_error_is_set() ? NULL : pickle_arena_create()};
    w.root = w.arena ? nest_root(w.arena, layout) : NULL;
    w.tied = w.root ? tied_find(dict, call) : NULL;
    w.storages = w.tied ? memory_alloc(count, sizeof *w.storages) : NULL;
    file_writer *writer = w.storages ? stage(&w, path) : NULL;
    memory_free(w.storages);
    memory_free(w.tied);
    pickle_arena_destroy(w.arena);
    return writer;
}
