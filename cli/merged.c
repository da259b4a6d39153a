#include "cli/merged.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/element.h"
#include "pickle/writer.h"
#include "safetensors/writer.h"

/* A state dict is named tensors and nothing else; what it is besides would be lost. */
static accel_status check_plain(const weights *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->at[i].is_nested)
            return accel_error_raise(ACCEL_EUNSUPPORTED, NULL,
                                     "%s: \"%.100s\" is nested; only dicts of tensors are merged",
                                     w->files[w->at[i].file].path, w->at[i].name);
    if (w->values_count > 0)
        return accel_error_raise(
            ACCEL_EUNSUPPORTED, NULL, "%s: \"%.100s\" is %s; only dicts of tensors are merged",
            w->files[w->values[0].file].path, w->values[0].name, pickle_kind_name(w->values[0].value->kind));
    return ACCEL_OK;
}

static accel_status refuse_dtype(const weights *w, const weight *at, const char *kind)
{
    return accel_error_raise(ACCEL_EUNSUPPORTED, NULL, "%s: \"%.100s\" is of %s, which %s lacks",
                             w->files[at->file].path, at->name, at->dtype, kind);
}

/* ---- safetensors ---- */

/* What goes into the file, and the elements that had to be put in order. */
typedef struct parts {
    safetensors_entry *entries;
    void **copies; /* NULL for most */
    size_t count;
} parts;

static bool is_contiguous(const pickle_tensor *t)
{
    int64_t expected = 1;
    for (size_t i = t->rank; i-- > 0;) {
        if (t->sizes[i] != 1 && t->strides[i] != expected)
            return false;
        expected *= t->sizes[i];
    }
    return true;
}

/* The elements of a tensor in row-major order. */
static accel_status copy_in_order(const pickle_tensor *t, size_t elements, const char *from, char *to)
{
    const size_t size = pickle_dtype_size(t->dtype);
    int64_t *at = memory_alloc(t->rank, sizeof *at), place = 0;
    for (size_t i = 0; at && i < elements; i++) {
        memcpy(to + i * size, from + (size_t)place * size, size);
        for (size_t d = t->rank; d-- > 0;) {
            place += t->strides[d];
            if (++at[d] < t->sizes[d])
                break;
            place -= at[d] * t->strides[d];
            at[d] = 0;
        }
    }
    memory_free(at);
    return accel_error_status();
}

/* The data of an entry; elements that are not in the format's order are copied, never more than the file holds. */
static accel_status take_data(const weights *w, const weight *from, safetensors_entry *e, void **copy)
{
    const pickle_tensor *t = from->tensor;
    const size_t size = pickle_dtype_size(t->dtype);
    const char *first = from->elements ? (const char *)t->storage->data + (size_t)t->offset * size : NULL;
    e->data = first;
    if (from->elements == 0 || is_contiguous(t))
        return ACCEL_OK;
    if (from->bytes > t->storage->size)
        return accel_error_raise(ACCEL_EUNSUPPORTED, NULL,
                                 "%s: \"%.100s\" repeats elements: %zu bytes of a storage of %zu",
                                 w->files[from->file].path, from->name, from->bytes, t->storage->size);
    *copy = memory_alloc(from->elements, size);
    e->data = *copy;
    return *copy ? copy_in_order(t, from->elements, first, *copy) : accel_error_status();
}

static accel_status add_part(const weights *w, const weight *from, parts *p)
{
    safetensors_entry *e = &p->entries[p->count];
    if (from->entry) {
        *e = *from->entry;
    } else {
        *e = (safetensors_entry){
            .name = from->name, .rank = from->rank, .shape = from->shape, .size = from->bytes};
        if (!element_to_safetensors(from->tensor->dtype, &e->dtype))
            return refuse_dtype(w, from, "safetensors");
        take_data(w, from, e, &p->copies[p->count]);
    }
    p->count++;
    return accel_error_status();
}

static accel_status add_parts(const weights *w, const size_t *tied, parts *p, merged *made)
{
    for (size_t i = 0; i < w->count && !accel_error_is_set(); i++) {
        if (tied[i] == i) {
            made->bytes += w->at[i].bytes;
            add_part(w, &w->at[i], p);
            continue;
        }
        if (made->left_out++ == 0) {
            made->left_out_name = w->at[i].name;
            made->kept_name = w->at[tied[i]].name;
        }
    }
    made->tensors = p->count;
    return accel_error_status();
}

file_writer *merged_stage_safetensors(const weights *w, const char *path, merged *made)
{
    static const safetensors_pair format = {"format", "pt"};
    parts p = {0};
    *made = (merged){0};
    if (check_plain(w) != ACCEL_OK)
        return NULL;
    size_t *tied = weights_find_tied(w);
    p.entries = memory_alloc(w->count, sizeof *p.entries);
    p.copies = memory_alloc(w->count, sizeof *p.copies);
    file_writer *writer = NULL;
    if (tied && p.entries && p.copies && add_parts(w, tied, &p, made) == ACCEL_OK)
        writer = safetensors_stage(path, p.entries, p.count, &format, 1);
    for (size_t i = 0; p.copies && i < w->count; i++)
        memory_free(p.copies[i]);
    memory_free(p.copies);
    memory_free(p.entries);
    memory_free(tied);
    return writer;
}

/* ---- torch.save ---- */

/* An entry of safetensors as a tensor with a storage of its own. */
static accel_status make_tensor(pickle_arena *arena, const safetensors_entry *e, pickle_tensor *t)
{
    pickle_storage *storage = pickle_arena_alloc(arena, sizeof *storage);
    int64_t *strides = pickle_arena_alloc(arena, (e->rank + 1) * sizeof *strides), stride = 1;
    if (!storage || !strides)
        return accel_error_status();
    *storage = (pickle_storage){.data = e->size ? e->data : NULL, .size = e->size, .dtype = t->dtype};
    for (size_t i = e->rank; i-- > 0;) {
        strides[i] = stride;
        const int64_t size = e->shape[i] > 0 ? e->shape[i] : 1; /* as torch counts them */
        if (__builtin_mul_overflow(stride, size, &stride) && i > 0)
            return accel_error_raise(ACCEL_EUNSUPPORTED, NULL, "\"%.100s\" has a shape that torch.save lacks",
                                     e->name);
    }
    t->storage = storage;
    t->rank = e->rank;
    t->sizes = e->shape;
    t->strides = strides;
    return ACCEL_OK;
}

static accel_status put_tensor(const weights *w, const weight *from, pickle_arena *arena, pickle_value *dict)
{
    pickle_tensor made = {0};
    if (from->entry) {
        if (!element_to_pickle(from->entry->dtype, &made.dtype))
            return refuse_dtype(w, from, "torch.save");
        if (make_tensor(arena, from->entry, &made) != ACCEL_OK)
            return accel_error_status();
    }
    pickle_value *value = pickle_tensor_of(arena, from->entry ? &made : from->tensor);
    return pickle_set(arena, dict, pickle_string(arena, from->name), value);
}

file_writer *merged_stage_pickle(const weights *w, const char *path, merged *made)
{
    *made = (merged){.tensors = w->count};
    if (check_plain(w) != ACCEL_OK)
        return NULL;
    pickle_arena *arena = pickle_arena_create();
    pickle_value *dict = arena ? pickle_container(arena, PICKLE_DICT) : NULL;
    for (size_t i = 0; dict && i < w->count && !accel_error_is_set(); i++) {
        made->bytes += w->at[i].bytes;
        put_tensor(w, &w->at[i], arena, dict);
    }
    file_writer *writer = accel_error_is_set() ? NULL : pickle_stage(path, dict);
    pickle_arena_destroy(arena);
    return writer;
}
