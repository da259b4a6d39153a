#include "cli/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

/* A file of torch.save that is being walked through. */
typedef struct walk {
    weights *w;
    size_t file, depth;
    buffer name; /* of the value at hand */
} walk;

const char *weights_file_name(const weights *w, size_t file)
{
    const char *path = w->files[file].path, *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Room for one more of `count` items of `size` bytes. */
static void *make_room(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t larger = *capacity ? *capacity * 2 : 64;
    void *room = memory_resize(items, larger, size);
    *capacity = room ? larger : *capacity;
    return room;
}

static accel_status add_weight(weights *w, const weight *added)
{
    weight *room = make_room(w->at, w->count, &w->capacity, sizeof *room);
    if (!room)
        return accel_error_status();
    w->at = room;
    w->at[w->count++] = *added;
    return ACCEL_OK;
}

/* ---- safetensors ---- */

static size_t count_elements(const int64_t *shape, size_t rank)
{
    size_t elements = 1;
    for (size_t i = 0; i < rank; i++)
        elements *= (size_t)shape[i]; /* bytes were counted before, so it does not overflow */
    return elements;
}

static accel_status add_entries(weights *w, size_t file)
{
    size_t count = 0;
    const safetensors_entry *entries = safetensors_entries(w->files[file].safetensors, &count);
    for (size_t i = 0; i < count && !accel_error_is_set(); i++) {
        const safetensors_entry *e = &entries[i];
        add_weight(w, &(weight){.name = e->name,
                                .dtype = safetensors_dtype_name(e->dtype),
                                .rank = e->rank,
                                .shape = e->shape,
                                .elements = count_elements(e->shape, e->rank),
                                .bytes = e->size,
                                .file = file,
                                .entry = e});
    }
    return accel_error_status();
}

/* ---- torch.save ---- */

static accel_status add_value(walk *at, const pickle_value *value);

/* The name at hand, for as long as the weights are open. */
static const char *keep_name(const walk *at)
{
    char *name = pickle_arena_alloc(at->w->names, at->name.size + 1);
    if (name && at->name.size > 0)
        memcpy(name, at->name.data, at->name.size);
    return name;
}

static accel_status add_tensor(walk *at, const pickle_tensor *t)
{
    weight added = {.name = keep_name(at),
                    .dtype = pickle_dtype_name(t->dtype),
                    .rank = t->rank,
                    .shape = t->sizes,
                    .elements = count_elements(t->sizes, t->rank),
                    .file = at->file,
                    .is_nested = at->depth != 1,
                    .tensor = t};
    added.bytes = added.elements * pickle_dtype_size(t->dtype);
    return added.name ? add_weight(at->w, &added) : accel_error_status();
}

static accel_status add_plain(walk *at, const pickle_value *value)
{
    weights *w = at->w;
    const char *name = keep_name(at);
    weights_value *room =
        name ? make_room(w->values, w->values_count, &w->values_capacity, sizeof *room) : NULL;
    if (!room)
        return accel_error_status();
    w->values = room;
    w->values[w->values_count++] = (weights_value){.name = name, .value = value, .file = at->file};
    return ACCEL_OK;
}

/* Goes down to a value whose name ends in `part`, and comes back. */
static accel_status add_inner(walk *at, const char *part, size_t length, const pickle_value *value)
{
    size_t before = at->name.size;
    if (memchr(part, '\0', length))
        return accel_error_raise(ACCEL_EFORMAT, NULL, "%s: a name holds a zero character",
                                 at->w->files[at->file].path);
    if (at->depth++ > 0)
        buffer_append_string(&at->name, ".");
    if (buffer_append(&at->name, part, length) == ACCEL_OK)
        add_value(at, value);
    at->depth--;
    if (at->name.data) {
        at->name.size = before;
        at->name.data[before] = '\0';
    }
    return accel_error_status();
}

static accel_status add_item(walk *at, int64_t index, const pickle_value *value)
{
    char part[24];
    int length = snprintf(part, sizeof part, "%" PRId64, index);
    return add_inner(at, part, (size_t)length, value);
}

static accel_status add_dict(walk *at, const pickle_items *items)
{
    for (size_t i = 0; i + 1 < items->count && !accel_error_is_set(); i += 2) {
        const pickle_value *key = items->at[i];
        if (key->kind == PICKLE_STRING)
            add_inner(at, key->text.bytes, key->text.size, items->at[i + 1]);
        else if (key->kind == PICKLE_INTEGER)
            add_item(at, key->integer, items->at[i + 1]);
        else
            return accel_error_raise(ACCEL_EUNSUPPORTED, NULL, "%s: a key is %s; strings and integers are read",
                                     at->w->files[at->file].path, pickle_kind_name(key->kind));
    }
    return accel_error_status();
}

static bool is_container(const pickle_value *value)
{
    return value->kind == PICKLE_DICT || value->kind == PICKLE_LIST || value->kind == PICKLE_TUPLE;
}

/* Whether a list has anything to go down to. */
static bool has_inner(const pickle_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        if (items->at[i]->kind == PICKLE_TENSOR || is_container(items->at[i]))
            return true;
    return false;
}

static accel_status add_list(walk *at, const pickle_value *list)
{
    if (!has_inner(&list->items))
        return add_plain(at, list);
    for (size_t i = 0; i < list->items.count && !accel_error_is_set(); i++)
        add_item(at, (int64_t)i, list->items.at[i]);
    return accel_error_status();
}

static accel_status add_value(walk *at, const pickle_value *value)
{
    switch (value->kind) {
    case PICKLE_TENSOR:
        return add_tensor(at, &value->tensor);
    case PICKLE_DICT:
        return value->items.count ? add_dict(at, &value->items) : add_plain(at, value);
    case PICKLE_LIST:
    case PICKLE_TUPLE:
        return add_list(at, value);
    default:
        return add_plain(at, value);
    }
}

static accel_status add_root(weights *w, size_t file)
{
    walk at = {.w = w, .file = file};
    const pickle_value *root = pickle_root(w->files[file].pickle);
    if (root->kind != PICKLE_DICT || root->items.count > 0)
        add_value(&at, root);
    buffer_dispose(&at.name);
    return accel_error_status();
}

/* ---- what must hold ---- */

static int compare_weights(const void *left, const void *right)
{
    const weight *const *a = left, *const *b = right;
    int order = strcmp((*a)->name, (*b)->name);
    return order ? order : (*a > *b) - (*a < *b);
}

static accel_status check_twice(const weights *w, const weight *const *sorted)
{
    for (size_t i = 1; i < w->count; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            return accel_error_raise(ACCEL_EFORMAT, NULL, "%s: two tensors are named \"%.100s\", one is in %s",
                                     w->files[sorted[i]->file].path, sorted[i]->name,
                                     weights_file_name(w, sorted[i - 1]->file));
    return ACCEL_OK;
}

/* Both are in the order of names, so they are walked through together. */
static accel_status check_index(const weights *w, const weight *const *sorted)
{
    size_t count = 0, i = 0, k = 0;
    const safetensors_place *places = safetensors_index_places(w->found.index, &count);
    while (i < w->count || k < count) {
        int order = i == w->count ? 1 : k == count ? -1 : strcmp(sorted[i]->name, places[k].name);
        if (order < 0)
            return accel_error_raise(ACCEL_EFORMAT, NULL, "%s: does not name \"%.100s\", which is in %s",
                                     w->found.index_path, sorted[i]->name,
                                     weights_file_name(w, sorted[i]->file));
        if (order > 0 || strcmp(weights_file_name(w, sorted[i]->file), places[k].file) != 0)
            return accel_error_raise(ACCEL_EFORMAT, NULL, "%s: \"%.100s\" is to be in %.100s, which lacks it",
                                     w->found.index_path, places[k].name, places[k].file);
        i++;
        k++;
    }
    return ACCEL_OK;
}

static accel_status check(const weights *w)
{
    const weight **sorted = memory_alloc(w->count, sizeof *sorted);
    for (size_t i = 0; sorted && i < w->count; i++)
        sorted[i] = &w->at[i];
    if (sorted) {
        qsort(sorted, w->count, sizeof *sorted, compare_weights);
        if (check_twice(w, sorted) == ACCEL_OK && w->found.index)
            check_index(w, sorted);
    }
    memory_free(sorted);
    return accel_error_status();
}

/* ---- all together ---- */

static accel_status open_file(weights *w, size_t file)
{
    weights_file *f = &w->files[file];
    struct stat info;
    f->path = w->found.paths[file];
    if (weight_files_is_pickle(f->path))
        f->pickle = pickle_open(f->path);
    else
        f->safetensors = safetensors_open(f->path);
    if (!accel_error_is_set())
        f->pickle ? add_root(w, file) : add_entries(w, file);
    if (stat(f->path, &info) == 0)
        f->size = (size_t)info.st_size;
    return accel_error_status();
}

weights *weights_open(const char *path, bool shards_first)
{
    RETURN_NULL_IF_FAILED();
    weights *w = memory_alloc(1, sizeof *w);
    if (!w)
        return NULL;
    if (weight_files_find(&w->found, path, shards_first) == ACCEL_OK) {
        w->files = memory_alloc(w->found.count, sizeof *w->files);
        w->names = pickle_arena_create();
    }
    for (size_t i = 0; i < w->found.count && !accel_error_is_set(); i++)
        open_file(w, i);
    if (!accel_error_is_set() && check(w) == ACCEL_OK)
        return w;
    weights_close(w);
    return NULL;
}

void weights_close(weights *w)
{
    if (!w)
        return;
    for (size_t i = 0; w->files && i < w->found.count; i++) {
        safetensors_close(w->files[i].safetensors);
        pickle_close(w->files[i].pickle);
    }
    weight_files_dispose(&w->found);
    pickle_arena_destroy(w->names);
    memory_free(w->files);
    memory_free(w->at);
    memory_free(w->values);
    memory_free(w);
}

/* ---- ties ---- */

static int compare_numbers(const int64_t *a, const int64_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* 0 for the same elements of the same storage. */
static int compare_views(const pickle_tensor *a, const pickle_tensor *b)
{
    const uintptr_t storage = (uintptr_t)a->storage, other = (uintptr_t)b->storage;
    if (storage != other)
        return storage < other ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    if (a->dtype != b->dtype)
        return a->dtype < b->dtype ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    const int order = compare_numbers(a->sizes, b->sizes, a->rank);
    return order ? order : compare_numbers(a->strides, b->strides, a->rank);
}

static int compare_tensors(const void *left, const void *right)
{
    const weight *const *a = left, *const *b = right;
    const int order = compare_views((*a)->tensor, (*b)->tensor);
    return order ? order : (*a > *b) - (*a < *b);
}

size_t *weights_find_tied(const weights *w)
{
    size_t count = 0, *first = memory_alloc(w->count, sizeof *first);
    const weight **sorted = first ? memory_alloc(w->count, sizeof *sorted) : NULL;
    if (!sorted) {
        memory_free(first);
        return NULL;
    }
    for (size_t i = 0; i < w->count; i++) {
        first[i] = i;
        if (w->at[i].tensor && w->at[i].elements > 0)
            sorted[count++] = &w->at[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_tensors);
    for (size_t i = 1; i < count; i++)
        if (compare_views(sorted[i - 1]->tensor, sorted[i]->tensor) == 0)
            first[sorted[i] - w->at] = first[sorted[i - 1] - w->at];
    memory_free(sorted);
    return first;
}
