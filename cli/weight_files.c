#include "cli/weight_files.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

/* A form of weights: the names of its files, "<base>.<ending>" and "<base>-00001-of-00003.<ending>". */
typedef struct form {
    const char *base, *ending;
} form;

static const form forms[] = {{"model", "safetensors"}, {"pytorch_model", "bin"}};

enum { FORMS = sizeof forms / sizeof forms[0], NAME_SIZE = 64 };

static bool ends_in(const char *path, const char *tail)
{
    size_t length = strlen(path), size = strlen(tail);
    return length >= size && strcmp(path + length - size, tail) == 0;
}

bool weight_files_is_pickle(const char *path)
{
    char head[4];
    if (file_head(path, head, sizeof head) == sizeof head && memcmp(head, "PK\3\4", sizeof head) == 0)
        return true;
    return ends_in(path, ".bin") || ends_in(path, ".pt") || ends_in(path, ".pth") || ends_in(path, ".pkl");
}

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

static void name_shard(const form *f, unsigned number, unsigned count, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%s-%05u-of-%05u.%s", f->base, number, count, f->ending);
}

/* How many shards a file says there are; 0 when its name is none of a shard. */
static unsigned count_in(const form *f, const char *name)
{
    char same[NAME_SIZE];
    unsigned number = 0, count = 0;
    size_t base = strlen(f->base);
    if (strncmp(name, f->base, base) != 0 || sscanf(name + base, "-%5u-of-%5u", &number, &count) != 2)
        return 0;
    name_shard(f, number, count, same);
    return strcmp(name, same) == 0 ? count : 0;
}

/* How many shards of a form the files of a folder say there are; 0: it has none. */
static unsigned count_shards(const form *f, const char *folder)
{
    unsigned count = 0;
    DIR *directory = opendir(folder);
    if (!directory)
        return file_raise_errno(folder, "cannot be read"), 0u;
    for (struct dirent *entry; !accel_error_is_set() && (entry = readdir(directory));) {
        unsigned other = count_in(f, entry->d_name);
        if (count && other && other != count)
            accel_error_raise(ACCEL_EFORMAT, NULL,
                              "%s: has shards of two models, one of %u and one of %u files, and no index",
                              folder, count, other);
        count = other ? other : count;
    }
    closedir(directory);
    return accel_error_is_set() ? 0 : count;
}

static accel_status take_shards(weight_files *files, const form *f, const char *folder, bool *found)
{
    unsigned count = count_shards(f, folder);
    *found = count > 0;
    if (count > 0)
        make_room(files, count);
    for (unsigned i = 1; i <= count && !accel_error_is_set(); i++) {
        char name[NAME_SIZE];
        name_shard(f, i, count, name);
        add(files, file_join(folder, name));
    }
    return accel_error_status();
}

/* ---- folders ---- */

/* Takes a file of the folder, or the index of that file, if it is there. */
static accel_status take_if_there(weight_files *files, const form *f, const char *folder, bool is_index,
                                  bool *found)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, is_index ? "%s.%s.index.json" : "%s.%s", f->base, f->ending);
    char *path = file_join(folder, name);
    *found = path && file_exists(path);
    if (*found)
        is_index ? take_index(files, path) : take_file(files, path);
    memory_free(path);
    return accel_error_status();
}

static accel_status take_form(weight_files *files, const form *f, const char *folder, bool shards_first,
                              bool *found)
{
    if (!shards_first)
        take_if_there(files, f, folder, false, found);
    if (!*found && !accel_error_is_set())
        take_if_there(files, f, folder, true, found);
    if (!*found && !accel_error_is_set())
        take_shards(files, f, folder, found);
    if (!*found && !accel_error_is_set() && shards_first)
        take_if_there(files, f, folder, false, found);
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
    for (int i = 0; i < FORMS && !found && !accel_error_is_set(); i++)
        take_form(files, &forms[i], folder, shards_first, &found);
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
    return ends_in(path, ".index.json") ? take_index(files, path) : take_file(files, path);
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
