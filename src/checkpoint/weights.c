#include "checkpoint/weights.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "checkpoint/folder.h"
#include "checkpoint/pickle_dict.h"
#include "checkpoint/safetensors_dict.h"

/* What torch.save writes; what it wrote before torch 1.6 is told by its name alone: the first bytes of a file of safetensors, the length
   of its header, may be any. */
static bool is_archive(const char *path)
{
    char head[4];
    return file_head(path, head, sizeof head) == sizeof head && memcmp(head, "PK\3\4", sizeof head) == 0;
}

static bool ends_in(const char *path, const char *tail)
{
    size_t length = strlen(path), size = strlen(tail);
    return length >= size && strcmp(path + length - size, tail) == 0;
}

static bool is_pickle_name(const char *path)
{
    return ends_in(path, ".bin") || ends_in(path, ".pt") || ends_in(path, ".pth") || ends_in(path, ".pkl");
}

accel_status weights_read(accel_dict *dict, const char *path, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    return is_archive(path) || is_pickle_name(path) ? pickle_dict_read(dict, path, call)
                                                    : safetensors_dict_read(dict, path, call);
}

file_writer *weights_stage(accel_dict *dict, const char *path, bool pickle, const char *call)
{
    return pickle ? pickle_dict_stage(dict, path, nest_layout_of(dict), call)
                  : safetensors_dict_stage(dict, path, call);
}

static accel_status read_path(accel_dict *dict, const char *path)
{
    if (file_is_directory(path))
        return folder_read(dict, path, "accel_load");
    if (ends_in(path, ".index.json"))
        return folder_read_index(dict, path, "accel_load");
    return weights_read(dict, path, "accel_load");
}

accel_dict *accel_load(const char *path)
{
    RETURN_NULL_IF_FAILED();
    if (!path)
        return RAISE_NULL(ACCEL_EINVAL, "path is NULL");
    accel_dict *dict = accel_dict_create();
    if (!dict || read_path(dict, path) == ACCEL_OK)
        return dict;
    accel_free(dict);
    return NULL;
}

accel_status accel_save(accel_dict *dict, const char *path)
{
    RETURN_STATUS_IF_FAILED();
    if (!path || !*path)
        return RAISE(ACCEL_EINVAL, "path is %s", path ? "empty" : "NULL");
    file_writer *writer = weights_stage(dict, path, is_pickle_name(path), __func__);
    return writer ? file_writer_commit(writer) : accel_error_status();
}
