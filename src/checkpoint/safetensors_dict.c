#include "checkpoint/safetensors_dict.h"

#include "base/error.h"
#include "base/memory.h"
#include "checkpoint/dtype.h"
#include "checkpoint/source.h"
#include "safetensors/reader.h"
#include "safetensors/writer.h"
#include "tensor/tensor.h"

static void close_file(void *file) { safetensors_close(file); }

static accel_status add_entry(accel_dict *dict, const safetensors_entry *entry, source *s, const char *path,
                              const char *call)
{
    accel_dtype dtype;
    if (!dtype_from_safetensors(entry->dtype, &dtype))
        return accel_error_raise(ACCEL_EUNSUPPORTED, call, "%s: tensor \"%.*s\" has dtype %s", path,
                                 safetensors_shown_length(entry->name), entry->name,
                                 safetensors_dtype_name(entry->dtype));
    accel_tensor *tensor = source_tensor(s, entry->data, entry->size, dtype, entry->shape, entry->rank, NULL);
    accel_dict_set(dict, entry->name, tensor);
    accel_free(tensor);
    return accel_error_status();
}

accel_status safetensors_dict_read(accel_dict *dict, const char *path, const char *call)
{
    safetensors_file *file = safetensors_open(path);
    source *s = source_create(file, close_file);
    size_t count = 0;
    const safetensors_entry *entries = s ? safetensors_entries(file, &count) : NULL;
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        add_entry(dict, &entries[i], s, path, call);
    source_release(s);
    return accel_error_status();
}

static accel_status describe(accel_dict *dict, size_t index, safetensors_entry *entry, const char *call)
{
    const char *name = accel_dict_name(dict, index);
    accel_tensor *whole = tensor_on_cpu(accel_dict_tensor(dict, index), call);
    engine_view view;
    if (tensor_view(whole, call, &view) != ACCEL_OK)
        return accel_error_status();
    *entry = (safetensors_entry){.name = name,
                                 .rank = view.rank,
                                 .shape = view.sizes,
                                 .data = accel_tensor_data(whole),
                                 .size = accel_tensor_bytes(whole)};
    if (!dtype_to_safetensors(view.dtype, &entry->dtype))
        return accel_error_raise(ACCEL_EUNSUPPORTED, call, "\"%s\" has a dtype that files cannot hold", name);
    return accel_error_status();
}

file_writer *safetensors_dict_stage(accel_dict *dict, const char *path, const char *call)
{
    RETURN_NULL_IF_FAILED();
    size_t count = accel_dict_count(dict);
    safetensors_entry *entries = accel_error_is_set() ? NULL : memory_alloc(count, sizeof *entries);
    file_writer *writer = NULL;
    if (entries)
        accel_scoped() {
            for (size_t i = 0; i < count && !accel_error_is_set(); i++)
                describe(dict, i, &entries[i], call);
            writer = safetensors_stage(path, entries, count, &(safetensors_pair){"format", "pt"}, 1);
        }
    memory_free(entries);
    return writer;
}
