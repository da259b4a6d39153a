#include "safetensors/index.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"

struct safetensors_index {
    json_t *root;
    safetensors_place *places;
    const char **files;
    size_t count, files_count;
};

static int compare_places(const void *left, const void *right)
{
    return strcmp(((const safetensors_place *)left)->name, ((const safetensors_place *)right)->name);
}

static int compare_strings(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* ---- in ---- */

static accel_status refuse(const char *path, const char *what)
{
    return accel_error_raise(ACCEL_EFORMAT, NULL, "%s: is no index of weights: %s", path, what);
}

/* A name of a file in the folder itself. */
static bool is_plain_name(const char *name) { return *name && *name != '.' && !strchr(name, '/'); }

static accel_status take_places(safetensors_index *index, json_t *map, const char *path)
{
    const char *name;
    json_t *file;
    index->places = memory_alloc(json_object_size(map), sizeof *index->places);
    index->files = memory_alloc(json_object_size(map), sizeof *index->files);
    if (!index->places || !index->files)
        return accel_error_status();
    json_object_foreach(map, name, file)
    {
        if (!json_is_string(file))
            return refuse(path, "a tensor's file is not a string");
        if (!is_plain_name(json_string_value(file)))
            return accel_error_raise(ACCEL_EFORMAT, NULL,
                                     "%s: the file \"%.100s\" is not in the index's own folder", path,
                                     json_string_value(file));
        index->files[index->count] = json_string_value(file);
        index->places[index->count++] = (safetensors_place){name, json_string_value(file)};
    }
    return ACCEL_OK;
}

static void sort(safetensors_index *index)
{
    qsort(index->places, index->count, sizeof *index->places, compare_places);
    qsort(index->files, index->count, sizeof *index->files, compare_strings);
    for (size_t i = 0; i < index->count; i++)
        if (i == 0 || strcmp(index->files[i], index->files[index->files_count - 1]) != 0)
            index->files[index->files_count++] = index->files[i];
}

/* Old indices are the map itself. */
static accel_status parse(safetensors_index *index, const char *path, const char *text, size_t size)
{
    json_error_t error;
    index->root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!index->root)
        return error.text[0] ? refuse(path, error.text)
                             : accel_error_raise(ACCEL_ENOMEM, NULL, "%s: no memory", path);
    json_t *map = json_object_get(index->root, "weight_map");
    map = map ? map : index->root;
    if (!json_is_object(map) || json_object_size(map) == 0)
        return refuse(path, "it names no tensor");
    if (take_places(index, map, path) != ACCEL_OK)
        return accel_error_status();
    sort(index);
    return ACCEL_OK;
}

safetensors_index *safetensors_index_from_memory(const char *name, const void *bytes, size_t size)
{
    RETURN_NULL_IF_FAILED();
    safetensors_index *index = memory_alloc(1, sizeof *index);
    if (index && parse(index, name, bytes, size) != ACCEL_OK) {
        safetensors_index_close(index);
        index = NULL;
    }
    return index;
}

safetensors_index *safetensors_index_open(const char *path)
{
    RETURN_NULL_IF_FAILED();
    size_t size = 0;
    char *text = file_read(path, &size);
    safetensors_index *index = text ? safetensors_index_from_memory(path, text, size) : NULL;
    memory_free(text);
    return index;
}

void safetensors_index_close(safetensors_index *index)
{
    if (!index)
        return;
    memory_free(index->places);
    memory_free((void *)index->files);
    json_decref(index->root);
    memory_free(index);
}

const safetensors_place *safetensors_index_places(const safetensors_index *index, size_t *count)
{
    *count = index->count;
    return index->places;
}

const char *const *safetensors_index_files(const safetensors_index *index, size_t *count)
{
    *count = index->files_count;
    return index->files;
}

/* ---- out ---- */

static void append_place(buffer *out, const safetensors_place *place, bool first)
{
    buffer_append_string(out, first ? "\n    " : ",\n    ");
    quote_append_ascii(out, place->name);
    buffer_append_string(out, ": ");
    quote_append_ascii(out, place->file);
}

char *safetensors_index_text(safetensors_place *places, size_t count, uint64_t total_size)
{
    buffer out = {0};
    qsort(places, count, sizeof *places, compare_places);
    buffer_printf(&out, "{\n  \"metadata\": {\n    \"total_size\": %" PRIu64 "\n  },\n  \"weight_map\": {",
                  total_size);
    for (size_t i = 0; i < count; i++)
        append_place(&out, &places[i], i == 0);
    buffer_append_string(&out, "\n  }\n}\n");
    if (!accel_error_is_set())
        return out.data;
    buffer_dispose(&out);
    return NULL;
}
