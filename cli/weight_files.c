#include "cli/weight_files.h"

#include <dirent.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "pickle/reader.h"
#include "safetensors/weight_name.h"

bool weight_files_is_pickle(const char *path) { return pickle_is_archive(path) || weight_name_is_pickle(path); }

/* Room for the paths of `count` files. */
static accel_status make_room(weight_files *files, size_t count)
{
    files->paths = memory_alloc(count, sizeof *files->paths);
    return accel_error_status();
}

static accel_status add(weight_files *files, char *path)
{
    if (path)
        files->paths[files->count++] = path;
    return accel_error_status();
}

static accel_status take_index(weight_files *files, const char *path)
{
    size_t count = 0;
    files->index_path = memory_copy_string(path);
    files->index = files->index_path ? safetensors_index_open(path) : NULL;
    const char *const *names = files->index ? safetensors_index_files(files->index, &count) : NULL;
    char *folder = names ? file_directory(path) : NULL;
    if (folder)
        make_room(files, count);
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        add(files, file_join(folder, names[i]));
    memory_free(folder);
    return accel_error_status();
}

static accel_status take_file(weight_files *files, const char *path)
{
    return make_room(files, 1) == ACCEL_OK ? add(files, memory_copy_string(path)) : accel_error_status();
}

/* ---- shards without an index ---- */

/* How many shards of a form the files of a folder say there are; 0: it has none. */
static size_t count_shards(weight_form form, const char *folder)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    if (!directory)
        return file_raise_errno(folder, "cannot be read"), 0u;
    for (struct dirent *entry; !accel_error_is_set() && (entry = readdir(directory));) {
        size_t other = weight_name_shards(form, entry->d_name);
        if (count && other && other != count)
            accel_error_raise(ACCEL_EFORMAT, NULL,
                              "%s: has shards of two models, one of %zu and one of %zu files, and no index",
                              folder, count, other);
        count = other ? other : count;
    }
    closedir(directory);
    return accel_error_is_set() ? 0 : count;
}

static accel_status take_shards(weight_files *files, weight_form form, const char *folder, bool *found)
{
    size_t count = count_shards(form, folder);
    *found = count > 0;
    if (count > 0)
        make_room(files, count);
    for (size_t i = 1; i <= count && !accel_error_is_set(); i++) {
        char name[WEIGHT_NAME];
        add(files, file_join(folder, weight_name_shard(name, form, i, count)));
    }
    return accel_error_status();
}

/* ---- folders ---- */

/* Takes a file of the folder, or the index of that file, if it is there. */
static accel_status take_if_there(weight_files *files, weight_form form, const char *folder, bool is_index,
                                  bool *found)
{
    char name[WEIGHT_NAME];
    char *path = file_join(folder, is_index ? weight_name_index(name, form) : weight_name_whole(name, form));
    *found = path && file_exists(path);
    if (*found)
        is_index ? take_index(files, path) : take_file(files, path);
    memory_free(path);
    return accel_error_status();
}

static accel_status take_form(weight_files *files, weight_form form, const char *folder, bool shards_first,
                              bool *found)
{
    if (!shards_first)
        take_if_there(files, form, folder, false, found);
    if (!*found && !accel_error_is_set())
        take_if_there(files, form, folder, true, found);
    if (!*found && !accel_error_is_set())
        take_shards(files, form, folder, found);
    if (!*found && !accel_error_is_set() && shards_first)
        take_if_there(files, form, folder, false, found);
    return accel_error_status();
}

/* What torch.distributed.checkpoint leaves, and FSDP with SHARDED_STATE_DICT. */
static bool is_distributed(const char *folder)
{
    char *path = file_join(folder, ".metadata");
    bool found = path && file_exists(path);
    memory_free(path);
    return found;
}

static accel_status take_folder(weight_files *files, const char *folder, bool shards_first)
{
    bool found = false;
    for (weight_form form = 0; form < WEIGHT_FORMS && !found && !accel_error_is_set(); form++)
        take_form(files, form, folder, shards_first, &found);
    if (found || accel_error_is_set())
        return accel_error_status();
    if (is_distributed(folder))
        return accel_error_raise(ACCEL_EUNSUPPORTED, NULL,
                                 "%s: is a checkpoint of torch.distributed (.metadata), which is not read",
                                 folder);
    return accel_error_raise(ACCEL_ENOTFOUND, NULL,
                             "%s: has neither model.safetensors nor pytorch_model.bin, nor shards of one",
                             folder);
}

accel_status weight_files_find(weight_files *files, const char *path, bool shards_first)
{
    *files = (weight_files){0};
    if (file_is_directory(path))
        return take_folder(files, path, shards_first);
    return weight_name_is_index(path) ? take_index(files, path) : take_file(files, path);
}

void weight_files_dispose(weight_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        memory_free(files->paths[i]);
    memory_free(files->paths);
    memory_free(files->index_path);
    safetensors_index_close(files->index);
    *files = (weight_files){0};
}
