#include "safetensors/header.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* A header being read. */
typedef struct parser {
    safetensors_header *header;
    const char *call, *path;
    struct placed *placed;
    int64_t *free_dimensions;
} parser;

/* An entry, and where the header says its bytes are. */
typedef struct placed {
    safetensors_entry entry;
    size_t begin, end;
    size_t order; /* in the header */
} placed;

/* Records what is wrong with one tensor. */
static accel_status ACCEL_PRINTF(3, 4) refuse(const parser *p, const char *name, const char *format, ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return accel_error_raise(ACCEL_EFORMAT, p->call, "%s: tensor \"%.*s\": %s", p->path,
                             safetensors_shown_length(name), name, what);
}

static accel_status refuse_header(const parser *p, const char *what)
{
    return accel_error_raise(ACCEL_EFORMAT, p->call, "%s: header: %s", p->path, what);
}

static accel_status refuse_json(const parser *p, const json_error_t *error)
{
    if (error->text[0] == '\0') /* jansson says nothing when an allocation failed */
        return accel_error_raise(ACCEL_ENOMEM, p->call, "%s: no memory for the header", p->path);
    switch (json_error_code(error)) {
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return refuse_header(p, "a string holds a zero character");
    default:
        return accel_error_raise(ACCEL_EFORMAT, p->call, "%s: header: not valid JSON at byte %d: %s", p->path,
                                 error->position, error->text);
    }
}

/* Sets a field of an entry's object; each must be there. */
static accel_status take_field(const parser *p, const char *name, const json_t *object, const char *key,
                               const json_t **field)
{
    *field = json_object_get(object, key);
    return *field ? ACCEL_OK : refuse(p, name, "has no \"%s\"", key);
}

static accel_status parse_dtype(const parser *p, placed *item, const json_t *object)
{
    const char *name = item->entry.name;
    const json_t *field = NULL;
    if (take_field(p, name, object, "dtype", &field) != ACCEL_OK)
        return accel_error_status();
    const char *dtype = json_string_value(field);
    if (!dtype)
        return refuse(p, name, "\"dtype\" is not a string");
    if (!safetensors_dtype_parse(dtype, &item->entry.dtype))
        return refuse(p, name, "dtype \"%.*s\" is not known", safetensors_shown_length(dtype), dtype);
    return ACCEL_OK;
}

static accel_status parse_shape(parser *p, placed *item, const json_t *object)
{
    const char *name = item->entry.name;
    const json_t *field = NULL;
    if (take_field(p, name, object, "shape", &field) != ACCEL_OK)
        return accel_error_status();
    if (!json_is_array(field))
        return refuse(p, name, "\"shape\" is not an array");
    item->entry.rank = json_array_size(field);
    item->entry.shape = p->free_dimensions;
    for (size_t i = 0; i < item->entry.rank; i++) {
        const json_t *dimension = json_array_get(field, i);
        if (!json_is_integer(dimension))
            return refuse(p, name, "dimension %zu is not an integer", i);
        if (json_integer_value(dimension) < 0)
            return refuse(p, name, "dimension %zu is %lld, must not be negative", i,
                          (long long)json_integer_value(dimension));
        *p->free_dimensions++ = json_integer_value(dimension);
    }
    return ACCEL_OK;
}

static accel_status parse_offsets(const parser *p, placed *item, const json_t *object)
{
    const char *name = item->entry.name;
    const json_t *field = NULL;
    if (take_field(p, name, object, "data_offsets", &field) != ACCEL_OK)
        return accel_error_status();
    const json_t *begin = json_array_get(field, 0), *end = json_array_get(field, 1);
    if (json_array_size(field) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return refuse(p, name, "\"data_offsets\" is not an array of two integers");
    long long from = json_integer_value(begin), to = json_integer_value(end);
    if (from < 0 || to < from)
        return refuse(p, name, "data_offsets [%lld, %lld] are not a range", from, to);
    item->begin = (size_t)from;
    item->end = (size_t)to;
    return ACCEL_OK;
}

static accel_status check_keys(const parser *p, const char *name, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0 && strcmp(key, "data_offsets") != 0)
            return refuse(p, name, "key \"%.*s\" is not known", safetensors_shown_length(key), key);
    }
    return ACCEL_OK;
}

static accel_status check_size(const parser *p, const placed *item)
{
    size_t size = 0;
    const char *why = safetensors_byte_count(item->entry.dtype, item->entry.shape, item->entry.rank, &size);
    if (why)
        return refuse(p, item->entry.name, "%s", why);
    if (item->end - item->begin != size)
        return refuse(p, item->entry.name,
                      "data_offsets [%zu, %zu] span %zu bytes, its shape and dtype %s need %zu", item->begin,
                      item->end, item->end - item->begin, safetensors_dtype_name(item->entry.dtype), size);
    return ACCEL_OK;
}

static accel_status parse_entry(parser *p, const char *name, json_t *value)
{
    placed *item = &p->placed[p->header->count];
    *item = (placed){.entry.name = name, .order = p->header->count};
    if (!json_is_object(value))
        return refuse(p, name, "is not an object");
    if (parse_dtype(p, item, value) != ACCEL_OK || parse_shape(p, item, value) != ACCEL_OK ||
        parse_offsets(p, item, value) != ACCEL_OK || check_keys(p, name, value) != ACCEL_OK ||
        check_size(p, item) != ACCEL_OK)
        return accel_error_status();
    item->entry.size = item->end - item->begin;
    p->header->count++;
    return ACCEL_OK;
}

/* The reference takes null for "no metadata". */
static accel_status parse_metadata(const parser *p, json_t *object)
{
    if (json_is_null(object))
        return ACCEL_OK;
    if (!json_is_object(object))
        return refuse_header(p, "\"" SAFETENSORS_METADATA_KEY "\" is not an object");
    safetensors_header *header = p->header;
    header->metadata = memory_alloc(json_object_size(object), sizeof *header->metadata);
    if (!header->metadata)
        return accel_error_status();
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!json_is_string(value))
            return accel_error_raise(ACCEL_EFORMAT, p->call, "%s: metadata \"%.*s\" is not a string", p->path,
                                     safetensors_shown_length(key), key);
        header->metadata[header->metadata_count++] = (safetensors_pair){key, json_string_value(value)};
    }
    return ACCEL_OK;
}

/* Room for every item of a header, whatever is wrong with them. */
static accel_status make_room(parser *p)
{
    size_t dimensions = 0;
    const char *key;
    json_t *value;
    json_object_foreach(p->header->root, key, value) dimensions +=
        json_array_size(json_object_get(value, "shape"));
    p->header->dimensions = memory_alloc(dimensions, sizeof *p->header->dimensions);
    p->free_dimensions = p->header->dimensions;
    p->placed = memory_alloc(json_object_size(p->header->root), sizeof *p->placed);
    return p->header->dimensions && p->placed ? ACCEL_OK : accel_error_status();
}

static accel_status parse_items(parser *p)
{
    const char *key;
    json_t *value;
    json_object_foreach(p->header->root, key, value)
    {
        accel_status status =
            strcmp(key, SAFETENSORS_METADATA_KEY) == 0 ? parse_metadata(p, value) : parse_entry(p, key, value);
        if (status != ACCEL_OK)
            return status;
    }
    return ACCEL_OK;
}

static int compare_numbers(size_t a, size_t b) { return (a > b) - (a < b); }

static int compare_places(const void *left, const void *right)
{
    const placed *a = left, *b = right;
    int order = compare_numbers(a->begin, b->begin);
    order = order ? order : compare_numbers(a->end, b->end);
    return order ? order : compare_numbers(a->order, b->order);
}

/* The bytes of the tensors follow each other from 0: nothing is shared and nothing is hidden between them. */
static accel_status place_entries(const parser *p)
{
    safetensors_header *header = p->header;
    header->entries = memory_alloc(header->count, sizeof *header->entries);
    if (!header->entries)
        return accel_error_status();
    qsort(p->placed, header->count, sizeof *p->placed, compare_places);
    for (size_t i = 0; i < header->count; i++) {
        const placed *item = &p->placed[i];
        if (item->begin < header->data_size)
            return refuse(p, item->entry.name,
                          "data_offsets [%zu, %zu] overlap another tensor's, which end at %zu", item->begin,
                          item->end, header->data_size);
        if (item->begin > header->data_size)
            return refuse(p, item->entry.name, "data_offsets [%zu, %zu] leave a hole after byte %zu",
                          item->begin, item->end, header->data_size);
        header->data_size = item->end;
        header->entries[i] = item->entry;
    }
    return ACCEL_OK;
}

/* A minus sign that got this far belongs to -0, which jansson reads as 0 and the reference refuses. */
static bool has_minus_outside_strings(const char *text, size_t size)
{
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        if (in_string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_string = !in_string;
        else if (!in_string && text[i] == '-')
            return true;
    }
    return false;
}

static accel_status parse(parser *p, const char *text, size_t size)
{
    if (size == 0 || text[0] != '{')
        return refuse_header(p, "does not begin with '{'");
    if (memchr(text, '\0', size))
        return refuse_header(p, "holds a zero byte"); /* jansson would pass over one behind a number */
    json_error_t error;
    p->header->root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!p->header->root)
        return refuse_json(p, &error);
    if (make_room(p) != ACCEL_OK || parse_items(p) != ACCEL_OK || place_entries(p) != ACCEL_OK)
        return accel_error_status();
    return has_minus_outside_strings(text, size) ? refuse_header(p, "-0 is not an integer of the format")
                                                 : ACCEL_OK;
}

accel_status safetensors_header_parse(safetensors_header *header, const char *call, const char *path,
                                      const char *text, size_t size)
{
    *header = (safetensors_header){0};
    parser p = {.header = header, .call = call, .path = path};
    accel_status status = parse(&p, text, size);
    memory_free(p.placed);
    if (status != ACCEL_OK)
        safetensors_header_dispose(header);
    return status;
}

void safetensors_header_dispose(safetensors_header *header)
{
    memory_free(header->entries);
    memory_free(header->dimensions);
    memory_free(header->metadata);
    json_decref(header->root);
    *header = (safetensors_header){0};
}
