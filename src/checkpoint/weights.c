#include "checkpoint/weights.h"

#include "base/error.h"
#include "base/memory.h"
#include "checkpoint/folder.h"
#include "checkpoint/pickle_dict.h"
#include "checkpoint/safetensors_dict.h"
#include "pickle/reader.h"
#include "safetensors/weight_name.h"

accel_status weights_read(accel_dict *dict, const char *path, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    return pickle_is_archive(path) || weight_name_is_pickle(path) ? pickle_dict_read(dict, path, call)
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
    if (weight_name_is_index(path))
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
    file_writer *writer = weights_stage(dict, path, weight_name_is_pickle(path), __func__);
    return writer ? file_writer_commit(writer) : accel_error_status();
}
