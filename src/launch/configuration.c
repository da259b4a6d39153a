#include "launch/configuration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/error.h"
#include "base/file.h"
#include "base/home.h"
#include "base/memory.h"
#include "launch/call.h"
#include "launch/scalar.h"

enum { FILE_MAX = 1 << 20 }; /* bytes */

/* ---- entries ---- */

static void free_entry(configuration_entry *e)
{
    memory_free(e->section);
    memory_free(e->key);
    memory_free(e->text);
}

void configuration_dispose(configuration *c)
{
    for (size_t i = 0; i < c->count; i++)
        free_entry(&c->entries[i]);
    memory_free(c->entries);
    memory_free(c->path);
    *c = (configuration){0};
}

static bool is_at(const configuration_entry *e, const char *section, const char *key)
{
    return strcmp(e->key, key) == 0 &&
           (section ? e->section && strcmp(e->section, section) == 0 : e->section == NULL);
}

bool configuration_same_place(const configuration_entry *a, const configuration_entry *b)
{
    return is_at(a, b->section, b->key);
}

const configuration_entry *configuration_find(const configuration *c, const char *section, const char *key)
{
    for (size_t i = 0; i < c->count; i++)
        if (is_at(&c->entries[i], section, key))
            return &c->entries[i];
    return NULL;
}

/* Takes the entry's strings. */
static accel_status add(configuration *c, configuration_entry entry)
{
    configuration_entry *more = NULL;
    if (!accel_error_is_set())
        more = memory_resize(c->entries, c->count + 1, sizeof *more);
    if (more) {
        c->entries = more;
        more[c->count++] = entry;
    } else {
        free_entry(&entry);
    }
    return accel_error_status();
}

void configuration_remove(configuration *c, const char *section, const char *key)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++)
        if (is_at(&c->entries[i], section, key))
            free_entry(&c->entries[i]);
        else
            c->entries[kept++] = c->entries[i];
    c->count = kept;
}

/* New strings. */
static configuration_entry make_entry(const char *section, const char *key, configuration_kind kind,
                                      const char *text)
{
    return (configuration_entry){.section = section ? memory_copy_string(section) : NULL,
                                 .key = memory_copy_string(key),
                                 .kind = kind,
                                 .text = memory_copy_string(text ? text : "")};
}

accel_status configuration_set(configuration *c, const char *section, const char *key, configuration_kind kind,
                               const char *text)
{
    RETURN_STATUS_IF_FAILED();
    configuration_entry entry = make_entry(section, key, kind, text);
    if (!accel_error_is_set())
        configuration_remove(c, section, key);
    return add(c, entry);
}

accel_status configuration_append(configuration *c, const char *section, const char *key,
                                  configuration_kind kind, const char *text)
{
    RETURN_STATUS_IF_FAILED();
    configuration_entry entry = make_entry(section, key, kind, text);
    entry.listed = true;
    return add(c, entry);
}

accel_status configuration_set_empty_list(configuration *c, const char *section, const char *key)
{
    if (configuration_set(c, section, key, CONFIGURATION_NULL, NULL) == ACCEL_OK)
        c->entries[c->count - 1].listed = true;
    return accel_error_status();
}

/* ---- reading ---- */

typedef struct reader {
    configuration *into;
    yaml_parser_t parser;
    yaml_event_t event;
    const char *section; /* whose keys are being read; NULL: none */
} reader;

static accel_status refuse(const reader *r, size_t line, const char *what, const char *key)
{
    return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s:%zu: %s%s", r->into->path, line + 1, key ? key : "",
                             what);
}

static bool next(reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    r->event.type = YAML_NO_EVENT;
    refuse(r, r->parser.problem_mark.line, r->parser.problem ? r->parser.problem : "cannot be read", NULL);
    return false;
}

static accel_status add_scalar(reader *r, const char *key, bool listed)
{
    const char *text = (const char *)r->event.data.scalar.value;
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (strlen(text) != r->event.data.scalar.length)
        return refuse(r, r->event.start_mark.line, ": has a zero byte", key);
    configuration_entry entry = {.section = r->section ? memory_copy_string(r->section) : NULL,
                                 .key = memory_copy_string(key),
                                 .kind = plain ? scalar_resolve(text) : CONFIGURATION_TEXT,
                                 .listed = listed,
                                 .line = r->event.start_mark.line + 1};
    entry.text = scalar_spell(entry.kind, text);
    return add(r->into, entry);
}

static accel_status add_empty_list(reader *r, const char *key)
{
    return add(r->into, (configuration_entry){.section = r->section ? memory_copy_string(r->section) : NULL,
                                              .key = memory_copy_string(key),
                                              .text = memory_copy_string(""),
                                              .listed = true,
                                              .line = r->event.start_mark.line + 1});
}

static accel_status read_list(reader *r, const char *key)
{
    size_t before = r->into->count;
    while (next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse(r, r->event.start_mark.line, " has more than values in its list", key);
        if (add_scalar(r, key, true) != ACCEL_OK)
            break;
        if (r->into->entries[r->into->count - 1].kind == CONFIGURATION_NULL)
            return refuse(r, r->event.start_mark.line, " has null in its list", key);
    }
    return accel_error_is_set() || r->into->count > before ? accel_error_status() : add_empty_list(r, key);
}

static accel_status read_keys(reader *r);

static accel_status read_section(reader *r, const char *key)
{
    if (r->section)
        return refuse(r, r->event.start_mark.line, " is nested too deeply", key);
    for (size_t i = 0; i < r->into->count; i++)
        if (r->into->entries[i].section && strcmp(r->into->entries[i].section, key) == 0)
            return refuse(r, r->event.start_mark.line, " is there twice", key);
    r->section = key;
    read_keys(r);
    r->section = NULL;
    return accel_error_status();
}

static accel_status read_value(reader *r, const char *key)
{
    if (configuration_find(r->into, r->section, key))
        return refuse(r, r->event.start_mark.line, " is there twice", key);
    if (!next(r))
        return accel_error_status();
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        return add_scalar(r, key, false);
    case YAML_SEQUENCE_START_EVENT:
        return read_list(r, key);
    case YAML_MAPPING_START_EVENT:
        return read_section(r, key);
    default:
        return refuse(r, r->event.start_mark.line, " has a value by reference", key);
    }
}

static accel_status read_keys(reader *r)
{
    while (next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse(r, r->event.start_mark.line, "a key is no word", NULL);
        char *key = memory_copy_string((const char *)r->event.data.scalar.value);
        if (key)
            read_value(r, key);
        memory_free(key);
        if (accel_error_is_set())
            break;
    }
    return accel_error_status();
}

/* Nothing after the first document is left out without a word. */
static accel_status read_end(reader *r)
{
    if (next(r) && next(r) && r->event.type != YAML_STREAM_END_EVENT)
        return refuse(r, r->event.start_mark.line, "there is a second document", NULL);
    return accel_error_status();
}

static accel_status read_document(reader *r)
{
    while (next(r)) {
        if (r->event.type == YAML_MAPPING_START_EVENT)
            return read_keys(r) == ACCEL_OK ? read_end(r) : accel_error_status();
        if (r->event.type != YAML_STREAM_START_EVENT && r->event.type != YAML_DOCUMENT_START_EVENT)
            return refuse(r, r->event.start_mark.line, "keys with values are expected", NULL);
    }
    return accel_error_status();
}

accel_status configuration_read(configuration *c, const char *path)
{
    RETURN_STATUS_IF_FAILED();
    size_t size = 0;
    reader r = {.into = c};
    c->path = memory_copy_string(path);
    char *bytes = c->path ? file_read(path, &size) : NULL;
    if (bytes && size > FILE_MAX)
        accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s: is larger than a configuration can be", path);
    if (!accel_error_is_set() && !yaml_parser_initialize(&r.parser))
        accel_error_raise(ACCEL_ENOMEM, LAUNCH_CALL, "out of memory for %s", path);
    if (!accel_error_is_set()) {
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, size);
        read_document(&r);
        yaml_event_delete(&r.event);
        yaml_parser_delete(&r.parser);
    }
    memory_free(bytes);
    return accel_error_status();
}

/* ---- where it is ---- */

char *configuration_default_path(void)
{
    RETURN_NULL_IF_FAILED();
    const char *own = getenv("HF_HOME"), *cache = getenv("XDG_CACHE_HOME");
    char *base = own ? memory_copy_string(own) : file_join(cache ? cache : "~/.cache", "huggingface");
    char *full = base ? home_expand(base) : NULL;
    char *path = full ? file_join(full, "accelerate/default_config.yaml") : NULL;
    memory_free(base);
    memory_free(full);
    return path;
}
