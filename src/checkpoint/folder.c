#include "checkpoint/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <accel/log.h>
#include <accel/options.h>

#include "base/error.h"
#include "base/memory.h"
#include "checkpoint/layout.h"
#include "checkpoint/manifest.h"
#include "checkpoint/tied.h"
#include "checkpoint/weights.h"
#include "safetensors/index.h"
#include "safetensors/shards.h"
#include "safetensors/weight_name.h"

static const char saving[] = "accel_save_state_dict";

/* ---- in ---- */

/* Each tensor is in the file that the index says. */
static accel_status check_places(accel_dict *dict, const safetensors_index *index, const char *path,
                                 const char *call)
{
    size_t count = 0;
    const safetensors_place *places = safetensors_index_places(index, &count);
    for (size_t i = 0; i < count; i++)
        if (!accel_dict_has(dict, places[i].name))
            return accel_error_raise(ACCEL_EFORMAT, call, "%s: \"%.100s\" is to be in %s, which lacks it", path,
                                     places[i].name, places[i].file);
    return ACCEL_OK;
}

static accel_status read_shard(accel_dict *dict, const char *folder, const char *name, const char *call)
{
    char *path = file_join(folder, name);
    if (path)
        weights_read(dict, path, call);
    memory_free(path);
    return accel_error_status();
}

accel_status folder_read_index(accel_dict *dict, const char *path, const char *call)
{
    safetensors_index *index = safetensors_index_open(path);
    char *folder = file_directory(path);
    size_t count = 0;
    const char *const *files = index && folder ? safetensors_index_files(index, &count) : NULL;
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        read_shard(dict, folder, files[i], call);
    if (!accel_error_is_set())
        check_places(dict, index, path, call);
    memory_free(folder);
    safetensors_index_close(index);
    return accel_error_status();
}

/* Reads a file of the folder, if it is there. */
static accel_status read_if_there(accel_dict *dict, const char *folder, const char *name, bool is_index,
                                  const char *call, bool *found)
{
    char *path = file_join(folder, name);
    *found = path && file_exists(path);
    if (*found)
        is_index ? folder_read_index(dict, path, call) : weights_read(dict, path, call);
    memory_free(path);
    return accel_error_status();
}

accel_status folder_read(accel_dict *dict, const char *folder, const char *call)
{
    bool found = false;
    for (weight_form form = 0; form < WEIGHT_FORMS && !found && !accel_error_is_set(); form++) {
        char name[WEIGHT_NAME];
        read_if_there(dict, folder, weight_name_whole(name, form), false, call, &found);
        if (!found && !accel_error_is_set())
            read_if_there(dict, folder, weight_name_index(name, form), true, call, &found);
    }
    if (!found && !accel_error_is_set())
        accel_error_raise(ACCEL_ENOTFOUND, call,
                          "%s: has neither model.safetensors nor pytorch_model.bin, nor an index of one",
                          folder);
    return accel_error_status();
}

/* ---- out ---- */

/* A save under way: which file each entry goes to, and the files, which appear at the end. */
typedef struct save {
    accel_dict *dict;
    const char *folder;
    weight_form form;
    shard_entry *entries;
    size_t count, shards;
    uint64_t total_size;
    file_writer **files; /* of the shards and the index; NULL once committed */
} save;

/* Tied entries are one tensor of safetensors. */
static bool is_written(const save *s, size_t index)
{
    return s->form == WEIGHT_PICKLE || s->entries[index].tied_to == index;
}

static accel_status place_entries(save *s, uint64_t max_size)
{
    size_t left_out = 0, *tied = tied_find(s->dict, saving);
    for (size_t i = 0; tied && i < s->count; i++) {
        s->entries[i] =
            (shard_entry){.size = accel_tensor_bytes(accel_dict_tensor(s->dict, i)), .tied_to = tied[i]};
        left_out += !is_written(s, i);
    }
    memory_free(tied);
    if (left_out > 0)
        accel_log_line(ACCEL_LOG_INFO, "%s: %zu tied tensors are written under their first name alone", saving,
                       left_out);
    s->shards = shards_place(s->entries, s->count, max_size, &s->total_size);
    return accel_error_status();
}

/* Returns `name`. */
static const char *name_file(const save *s, size_t shard, char name[WEIGHT_NAME])
{
    if (s->shards == 1)
        return weight_name_whole(name, s->form);
    return shard < s->shards ? weight_name_shard(name, s->form, shard + 1, s->shards)
                             : weight_name_index(name, s->form);
}

static size_t file_count(const save *s) { return s->shards == 1 ? 1 : s->shards + 1; }

static accel_status stage_shard(save *s, size_t shard)
{
    char name[WEIGHT_NAME], *path = file_join(s->folder, name_file(s, shard, name));
    accel_dict *part = path ? accel_dict_create() : NULL;
    for (size_t i = 0; part && i < s->count; i++)
        if (s->entries[i].shard == shard && is_written(s, i))
            accel_dict_set(part, accel_dict_name(s->dict, i), accel_dict_tensor(s->dict, i));
    if (part && !accel_error_is_set())
        s->files[shard] = weights_stage(part, path, s->form == WEIGHT_PICKLE, saving);
    accel_free(part);
    memory_free(path);
    return accel_error_status();
}

static char *make_index(const save *s)
{
    safetensors_place *places = memory_alloc(s->count, sizeof *places);
    char(*names)[WEIGHT_NAME] = memory_alloc(s->shards, sizeof *names);
    size_t count = 0;
    for (size_t shard = 0; names && shard < s->shards; shard++)
        name_file(s, shard, names[shard]);
    for (size_t i = 0; places && names && i < s->count; i++)
        if (is_written(s, i))
            places[count++] = (safetensors_place){accel_dict_name(s->dict, i), names[s->entries[i].shard]};
    char *text = accel_error_is_set() ? NULL : safetensors_index_text(places, count, s->total_size);
    memory_free(places);
    memory_free(names);
    return text;
}

static accel_status stage_index(save *s)
{
    char name[WEIGHT_NAME], *path = file_join(s->folder, name_file(s, s->shards, name));
    char *text = path ? make_index(s) : NULL;
    file_writer *writer = text ? file_writer_open(path) : NULL;
    if (writer)
        file_writer_write(writer, text, strlen(text));
    s->files[s->shards] = writer;
    memory_free(text);
    memory_free(path);
    return accel_error_status();
}

/* ---- what an earlier save left ---- */

static bool is_of(const save *s, const char *name)
{
    for (size_t i = 0; i < file_count(s); i++) {
        char own[WEIGHT_NAME];
        if (strcmp(name_file(s, i, own), name) == 0)
            return true;
    }
    return false;
}

/* Removes the weights that are no part of this save. */
static accel_status remove_others(const save *s)
{
    DIR *directory = opendir(s->folder);
    if (!directory)
        return file_raise_errno(s->folder, "cannot be read");
    for (struct dirent *entry; !accel_error_is_set() && (entry = readdir(directory));) {
        if (!weight_name_is_own(entry->d_name) || is_of(s, entry->d_name))
            continue;
        char *path = file_join(s->folder, entry->d_name);
        if (path && unlink(path) != 0 && errno != EISDIR)
            file_raise_errno(path,
                             "the new weights are in place, but what an earlier save left cannot be removed");
        memory_free(path);
    }
    closedir(directory);
    return accel_error_status();
}

/* An index that is there names files that are about to be others'. */
static accel_status remove_index(const save *s)
{
    char name[WEIGHT_NAME], *path = file_join(s->folder, weight_name_index(name, s->form));
    if (path && unlink(path) != 0 && errno != ENOENT)
        file_raise_errno(path, "cannot be removed");
    memory_free(path);
    return accel_error_status();
}

/* Everything is written: now the files take their places, the index last, since it makes them a model. Who reads meanwhile, or after
   the power went, finds the old model, the new one or none, but not files of two. */
static accel_status put_in_place(save *s)
{
    if (s->shards > 1 && remove_index(s) != ACCEL_OK)
        return accel_error_status();
    for (size_t i = 0; i < file_count(s) && !accel_error_is_set(); i++) {
        file_writer_commit(s->files[i]);
        s->files[i] = NULL;
    }
    return accel_error_is_set() ? accel_error_status() : remove_others(s);
}

static accel_status write_all(save *s)
{
    for (size_t shard = 0; shard < s->shards && !accel_error_is_set(); shard++)
        stage_shard(s, shard);
    if (s->shards > 1 && !accel_error_is_set())
        stage_index(s);
    if (!accel_error_is_set())
        put_in_place(s);
    for (size_t i = 0; i < file_count(s); i++)
        file_writer_abandon(s->files[i]);
    return accel_error_status();
}

/* Its weights are one of the state's files. */
static accel_status check_no_state(const char *folder)
{
    if (!layout_has(folder, MANIFEST_NAME) || accel_error_is_set())
        return accel_error_status();
    return accel_error_raise(ACCEL_EINVAL, saving,
                             "%s: is a training state: save the model into another folder", folder);
}

accel_save_state_dict_options accel_save_state_dict_options_default(void)
{
    return (accel_save_state_dict_options){ACCEL_SAVE_STATE_DICT_DEFAULTS()};
}

accel_status accel_save_state_dict_with(accel_dict *dict, const char *folder,
                                        const accel_save_state_dict_options *options)
{
    RETURN_STATUS_IF_FAILED();
    accel_save_state_dict_options o = accel_save_state_dict_options_default();
    uint64_t max_size = 0;
    if (accel_options_read(saving, &o, sizeof o, options) != ACCEL_OK ||
        shards_parse_size(saving, o.max_shard_size, &max_size) != ACCEL_OK)
        return accel_error_status();
    if (!folder || !*folder)
        return accel_error_raise(ACCEL_EINVAL, saving, "folder is %s", folder ? "empty" : "NULL");
    save s = {.dict = dict,
              .folder = folder,
              .form = o.safe_serialization ? WEIGHT_SAFETENSORS : WEIGHT_PICKLE,
              .count = accel_dict_count(dict)};
    if (accel_error_is_set() || file_make_directories(folder) != ACCEL_OK || check_no_state(folder) != ACCEL_OK)
        return accel_error_status();
    s.entries = memory_alloc(s.count, sizeof *s.entries);
    if (s.entries && place_entries(&s, max_size) == ACCEL_OK) {
        s.files = memory_alloc(file_count(&s), sizeof *s.files);
        if (s.files)
            write_all(&s);
    }
    memory_free(s.files);
    memory_free(s.entries);
    return accel_error_status();
}
