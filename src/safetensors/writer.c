#include "safetensors/writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"

enum { LENGTH_SIZE = 8, ALIGNMENT = 8 };

/* A file to be written. */
typedef struct plan {
    const char *call, *path;
    const safetensors_entry **order; /* as their bytes will follow each other */
    size_t count;
    const safetensors_pair *metadata;
    size_t metadata_count;
} plan;

/* Records what is wrong with one tensor or pair. */
static accel_status ACCEL_PRINTF(4, 5)
    refuse(const plan *p, const char *kind, const char *name, const char *format, ...)
{
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return accel_error_raise(ACCEL_EINVAL, p->call, "%s: %s \"%.*s\": %s", p->path, kind,
                             safetensors_shown_length(name), name, what);
}

static accel_status check_entry(const plan *p, const safetensors_entry *entry)
{
    if (!entry->name)
        return accel_error_raise(ACCEL_EINVAL, p->call, "%s: a tensor has no name", p->path);
    if (strcmp(entry->name, SAFETENSORS_METADATA_KEY) == 0)
        return refuse(p, "tensor", entry->name, "the name is taken by the format");
    if (!quote_is_utf8(entry->name))
        return refuse(p, "tensor", entry->name, "the name is not UTF-8");
    if (!safetensors_dtype_name(entry->dtype))
        return refuse(p, "tensor", entry->name, "dtype %d is not known", (int)entry->dtype);
    if ((entry->rank > 0 && !entry->shape) || (entry->size > 0 && !entry->data))
        return refuse(p, "tensor", entry->name, "has no %s",
                      entry->rank > 0 && !entry->shape ? "shape" : "data");
    size_t size = 0;
    const char *why = safetensors_byte_count(entry->dtype, entry->shape, entry->rank, &size);
    if (why)
        return refuse(p, "tensor", entry->name, "%s", why);
    if (entry->size != size)
        return refuse(p, "tensor", entry->name, "has %zu bytes, its shape and dtype %s need %zu", entry->size,
                      safetensors_dtype_name(entry->dtype), size);
    return ACCEL_OK;
}

static int compare_names(const void *left, const void *right)
{
    const safetensors_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

/* Larger elements first, so that the bytes of each tensor are aligned; then by name. */
static int compare_places(const void *left, const void *right)
{
    const safetensors_entry *const *a = left, *const *b = right;
    if ((*a)->dtype != (*b)->dtype)
        return (*a)->dtype < (*b)->dtype ? 1 : -1;
    return compare_names(left, right);
}

static accel_status order_entries(plan *p, const safetensors_entry *entries)
{
    for (size_t i = 0; i < p->count; i++) {
        if (check_entry(p, &entries[i]) != ACCEL_OK)
            return accel_error_status();
        p->order[i] = &entries[i];
    }
    qsort(p->order, p->count, sizeof *p->order, compare_names);
    for (size_t i = 1; i < p->count; i++)
        if (strcmp(p->order[i - 1]->name, p->order[i]->name) == 0)
            return refuse(p, "tensor", p->order[i]->name, "is given twice");
    qsort(p->order, p->count, sizeof *p->order, compare_places);
    return ACCEL_OK;
}

/* There are few pairs, so each is compared with each. */
static accel_status check_metadata(const plan *p)
{
    for (size_t i = 0; i < p->metadata_count; i++) {
        const safetensors_pair *pair = &p->metadata[i];
        if (!pair->key || !pair->value)
            return accel_error_raise(ACCEL_EINVAL, p->call, "%s: a pair of metadata lacks its %s", p->path,
                                     pair->key ? "value" : "key");
        if (!quote_is_utf8(pair->key) || !quote_is_utf8(pair->value))
            return refuse(p, "metadata", pair->key, "is not UTF-8");
        for (size_t j = 0; j < i; j++)
            if (strcmp(p->metadata[j].key, pair->key) == 0)
                return refuse(p, "metadata", pair->key, "is given twice");
    }
    return ACCEL_OK;
}

/* The functions below append to a buffer that keeps the first failure; it is looked at once, at the end. */
static void append_metadata(buffer *out, const plan *p)
{
    quote_append(out, SAFETENSORS_METADATA_KEY);
    buffer_append_string(out, ":{");
    for (size_t i = 0; i < p->metadata_count; i++) {
        buffer_append_string(out, i ? "," : "");
        quote_append(out, p->metadata[i].key);
        buffer_append_string(out, ":");
        quote_append(out, p->metadata[i].value);
    }
    buffer_append_string(out, "}");
}

static void append_entry(buffer *out, const safetensors_entry *entry, size_t begin)
{
    quote_append(out, entry->name);
    buffer_printf(out, ":{\"dtype\":\"%s\",\"shape\":[", safetensors_dtype_name(entry->dtype));
    for (size_t i = 0; i < entry->rank; i++)
        buffer_printf(out, "%s%" PRId64, i ? "," : "", entry->shape[i]);
    buffer_printf(out, "],\"data_offsets\":[%zu,%zu]}", begin, begin + entry->size);
}

static accel_status build_header(buffer *out, const plan *p)
{
    size_t begin = 0;
    buffer_append_string(out, "{");
    if (p->metadata)
        append_metadata(out, p);
    for (size_t i = 0; i < p->count; i++) {
        buffer_append_string(out, i || p->metadata ? "," : "");
        append_entry(out, p->order[i], begin);
        begin += p->order[i]->size;
    }
    buffer_append_string(out, "}");
    while (!accel_error_is_set() && out->size % ALIGNMENT != 0)
        buffer_append_string(out, " ");
    if (!accel_error_is_set() && out->size > SAFETENSORS_HEADER_MAX)
        return accel_error_raise(ACCEL_EINVAL, p->call,
                                 "%s: the header takes %zu bytes, at most %u are allowed", p->path, out->size,
                                 SAFETENSORS_HEADER_MAX);
    return accel_error_status();
}

static file_writer *stage(const plan *p, const buffer *header)
{
    file_writer *writer = file_writer_open(p->path);
    if (!writer)
        return NULL;
    unsigned char length[LENGTH_SIZE];
    for (size_t i = 0; i < LENGTH_SIZE; i++)
        length[i] = (unsigned char)(header->size >> (8 * i));
    file_writer_write(writer, length, sizeof length);
    file_writer_write(writer, header->data, header->size);
    for (size_t i = 0; i < p->count; i++)
        file_writer_write(writer, p->order[i]->data, p->order[i]->size);
    if (!accel_error_is_set())
        return writer;
    file_writer_abandon(writer);
    return NULL;
}

file_writer *safetensors_stage(const char *path, const safetensors_entry *entries, size_t count,
                               const safetensors_pair *metadata, size_t metadata_count)
{
    RETURN_NULL_IF_FAILED();
    plan p = {.call = "safetensors_write", .path = path, .count = count, .metadata = metadata};
    p.metadata_count = metadata ? metadata_count : 0;
    p.order = memory_alloc(count, sizeof *p.order);
    buffer header = {0};
    file_writer *writer = NULL;
    if (p.order && order_entries(&p, entries) == ACCEL_OK && check_metadata(&p) == ACCEL_OK &&
        build_header(&header, &p) == ACCEL_OK)
        writer = stage(&p, &header);
    buffer_dispose(&header);
    memory_free(p.order);
    return writer;
}

accel_status safetensors_write(const char *path, const safetensors_entry *entries, size_t count,
                               const safetensors_pair *metadata, size_t metadata_count)
{
    file_writer *writer = safetensors_stage(path, entries, count, metadata, metadata_count);
    return writer ? file_writer_commit(writer) : accel_error_status();
}
