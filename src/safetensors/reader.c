#include "safetensors/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "safetensors/header.h"

enum { LENGTH_SIZE = 8 }; /* the header's length, before it */

struct safetensors_file {
    file_map map; /* empty when the bytes are borrowed */
    safetensors_header header;
    const safetensors_entry **by_name;
};

/* What a file is read from. */
typedef struct source {
    const char *call, *path;
    const unsigned char *bytes;
    size_t size;
} source;

static uint64_t read_little_endian(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (int i = LENGTH_SIZE - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* Reads the header's length; what comes after is checked against it. */
static accel_status take_length(const source *from, size_t *length)
{
    if (from->size < LENGTH_SIZE)
        return accel_error_raise(ACCEL_EFORMAT, from->call,
                                 "%s: is truncated: %zu bytes, the header's length alone takes %d", from->path,
                                 from->size, LENGTH_SIZE);
    uint64_t claimed = read_little_endian(from->bytes);
    if (claimed > SAFETENSORS_HEADER_MAX)
        return accel_error_raise(
            ACCEL_EFORMAT, from->call,
            "%s: is not a safetensors file: its header would take %llu bytes, at most %u are allowed",
            from->path, (unsigned long long)claimed, SAFETENSORS_HEADER_MAX);
    *length = (size_t)claimed;
    if (from->size - LENGTH_SIZE < *length)
        return accel_error_raise(ACCEL_EFORMAT, from->call,
                                 "%s: is truncated: %zu bytes, its header ends at byte %zu", from->path,
                                 from->size, LENGTH_SIZE + *length);
    return ACCEL_OK;
}

static accel_status check_total(const source *from, size_t expected)
{
    if (from->size < expected)
        return accel_error_raise(ACCEL_EFORMAT, from->call,
                                 "%s: is truncated: %zu bytes, its header describes %zu", from->path,
                                 from->size, expected);
    if (from->size > expected)
        return accel_error_raise(ACCEL_EFORMAT, from->call,
                                 "%s: is padded out: %zu bytes, its header describes %zu", from->path,
                                 from->size, expected);
    return ACCEL_OK;
}

static int compare_names(const void *left, const void *right)
{
    const safetensors_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static accel_status index_names(safetensors_file *file)
{
    size_t count = file->header.count;
    file->by_name = memory_alloc(count, sizeof *file->by_name);
    if (!file->by_name)
        return accel_error_status();
    for (size_t i = 0; i < count; i++)
        file->by_name[i] = &file->header.entries[i];
    qsort(file->by_name, count, sizeof *file->by_name, compare_names);
    return ACCEL_OK;
}

static void point_entries(safetensors_header *header, const unsigned char *data)
{
    for (size_t i = 0; i < header->count; i++) {
        header->entries[i].data = data;
        data += header->entries[i].size;
    }
}

static accel_status load(safetensors_file *file, const source *from)
{
    size_t length = 0;
    accel_status status = take_length(from, &length);
    if (status != ACCEL_OK)
        return status;
    const unsigned char *text = from->bytes + LENGTH_SIZE;
    status = safetensors_header_parse(&file->header, from->call, from->path, (const char *)text, length);
    if (status != ACCEL_OK)
        return status;
    status = check_total(from, LENGTH_SIZE + length + file->header.data_size);
    if (status != ACCEL_OK)
        return status;
    point_entries(&file->header, text + length);
    return index_names(file);
}

safetensors_file *safetensors_open(const char *path)
{
    RETURN_NULL_IF_FAILED();
    safetensors_file *file = memory_alloc(1, sizeof *file);
    if (!file)
        return NULL;
    if (file_map_open(&file->map, path) == ACCEL_OK &&
        load(file, &(source){__func__, path, file->map.data, file->map.size}) == ACCEL_OK)
        return file;
    safetensors_close(file);
    return NULL;
}

safetensors_file *safetensors_from_memory(const char *name, const void *bytes, size_t size)
{
    RETURN_NULL_IF_FAILED();
    safetensors_file *file = memory_alloc(1, sizeof *file);
    if (!file)
        return NULL;
    if (load(file, &(source){__func__, name, bytes, size}) == ACCEL_OK)
        return file;
    safetensors_close(file);
    return NULL;
}

void safetensors_close(safetensors_file *file)
{
    if (!file)
        return;
    safetensors_header_dispose(&file->header);
    memory_free(file->by_name);
    file_map_close(&file->map);
    memory_free(file);
}

const safetensors_entry *safetensors_entries(const safetensors_file *file, size_t *count)
{
    *count = file->header.count;
    return file->header.entries;
}

static int compare_to_name(const void *name, const void *item)
{
    const safetensors_entry *const *entry = item;
    return strcmp(name, (*entry)->name);
}

const safetensors_entry *safetensors_find(const safetensors_file *file, const char *name)
{
    const safetensors_entry **found =
        bsearch(name, file->by_name, file->header.count, sizeof *file->by_name, compare_to_name);
    return found ? *found : NULL;
}

const safetensors_pair *safetensors_metadata(const safetensors_file *file, size_t *count)
{
    *count = file->header.metadata_count;
    return file->header.metadata;
}

const char *safetensors_metadata_value(const safetensors_file *file, const char *key)
{
    const json_t *pairs = json_object_get(file->header.root, SAFETENSORS_METADATA_KEY);
    return json_string_value(json_object_get(pairs, key));
}
