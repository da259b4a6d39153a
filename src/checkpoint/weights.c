#include <stdatomic.h>
#include <string.h>

#include <accel/checkpoint.h>

#include "base/error.h"
#include "base/memory.h"
#include "checkpoint/dtype.h"
#include "safetensors/reader.h"
#include "safetensors/writer.h"
#include "tensor/tensor.h"

/* ---- reading ---- */

/* The open file behind the tensors that share its mapping; it closes after the last of them. */
typedef struct source {
    safetensors_file *file;
    atomic_size_t users;
} source;

static void source_release(source *s)
{
    if (atomic_fetch_sub(&s->users, 1) != 1)
        return;
    safetensors_close(s->file);
    memory_free(s);
}

static void release_span(void *data, void *user)
{
    (void)data;
    source_release(user);
}

static accel_tensor *tensor_of_entry(const safetensors_entry *entry, source *s, const char *path)
{
    accel_dtype dtype;
    if (!dtype_from_safetensors(entry->dtype, &dtype))
        return accel_error_raise(ACCEL_EUNSUPPORTED, "accel_load", "%s: tensor \"%s\" has dtype %s", path,
                                 entry->name, safetensors_dtype_name(entry->dtype)),
               NULL;
    if (entry->size == 0 || (uintptr_t)entry->data % accel_dtype_size(dtype) != 0)
        return accel_tensor_copy_from(entry->data, dtype, entry->shape, entry->rank);
    atomic_fetch_add(&s->users, 1);
    accel_tensor *tensor = accel_tensor_wrap((void *)(uintptr_t)entry->data, dtype, entry->shape, entry->rank,
                                             .release = release_span, .user = s);
    if (!tensor)
        source_release(s);
    return tensor;
}

/* Zip archives and bare pickles are what torch.save writes. */
static bool is_torch_pickle(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".bin") == 0 || strcmp(dot, ".pt") == 0 || strcmp(dot, ".pth") == 0);
}

accel_dict *accel_load(const char *path)
{
    RETURN_NULL_IF_FAILED();
    if (!path)
        return RAISE_NULL(ACCEL_EINVAL, "path is NULL");
    if (is_torch_pickle(path))
        return RAISE_NULL(ACCEL_EUNSUPPORTED, "%s: is named as a pickle; only safetensors files are read",
                          path);
    source *s = memory_alloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->file = safetensors_open(path);
    s->users = 1;
    accel_dict *dict = s->file ? accel_dict_create() : NULL;
    size_t count = 0;
    const safetensors_entry *entries = dict ? safetensors_entries(s->file, &count) : NULL;
    for (size_t i = 0; i < count && !accel_error_is_set(); i++) {
        accel_tensor *tensor = tensor_of_entry(&entries[i], s, path);
        accel_dict_set(dict, entries[i].name, tensor);
        accel_free(tensor);
    }
    source_release(s);
    if (!accel_error_is_set())
        return dict;
    accel_free(dict);
    return NULL;
}

/* ---- writing ---- */

static accel_status describe(accel_dict *dict, size_t index, safetensors_entry *entry)
{
    const char *name = accel_dict_name(dict, index);
    accel_tensor *whole = tensor_on_cpu(accel_dict_tensor(dict, index), "accel_save");
    engine_view view;
    if (tensor_view(whole, "accel_save", &view) != ACCEL_OK)
        return accel_error_status();
    *entry = (safetensors_entry){.name = name,
                                 .rank = view.rank,
                                 .shape = view.sizes,
                                 .data = accel_tensor_data(whole),
                                 .size = accel_tensor_bytes(whole)};
    if (!dtype_to_safetensors(view.dtype, &entry->dtype))
        return accel_error_raise(ACCEL_EUNSUPPORTED, "accel_save", "\"%s\" has a dtype that files cannot hold",
                                 name);
    return accel_error_status();
}

accel_status accel_save(accel_dict *dict, const char *path)
{
    RETURN_STATUS_IF_FAILED();
    if (!path)
        return RAISE(ACCEL_EINVAL, "path is NULL");
    size_t count = accel_dict_count(dict);
    safetensors_entry *entries = accel_error_is_set() ? NULL : memory_alloc(count, sizeof *entries);
    if (!entries)
        return accel_error_status();
    accel_scoped() {
        for (size_t i = 0; i < count && !accel_error_is_set(); i++)
            describe(dict, i, &entries[i]);
        if (!accel_error_is_set())
            safetensors_write(path, entries, count, &(safetensors_pair){"format", "pt"}, 1);
    }
    memory_free(entries);
    return accel_error_status();
}
