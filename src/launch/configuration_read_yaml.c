#include "launch/configuration_read.h"

#include <string.h>

#include <yaml.h>

#include "base/error.h"
#include "base/memory.h"
#include "launch/call.h"
#include "launch/scalar.h"

typedef struct reader {
    configuration *into;
    const char *bytes;
    yaml_parser_t parser;
    yaml_event_t event;
    const char *section; /* whose keys are being read; NULL: none */
} reader;

/* Where the event is that is being read. */
static accel_status refuse(const reader *r, const char *key, const char *what)
{
    return configuration_refuse(r->into, r->event.start_mark.line + 1, key, what);
}

/* From 1. Of what is no text libyaml knows the byte alone. */
static size_t problem_line(const reader *r)
{
    if (r->parser.error != YAML_READER_ERROR)
        return r->parser.problem_mark.line + 1;
    size_t line = 1;
    for (size_t i = 0; i < r->parser.problem_offset; i++)
        line += r->bytes[i] == '\n' || (r->bytes[i] == '\r' && r->bytes[i + 1] != '\n');
    return line;
}

static bool next(reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    r->event.type = YAML_NO_EVENT;
    configuration_refuse(r->into, problem_line(r), "",
                         r->parser.problem ? r->parser.problem : "cannot be read");
    return false;
}

static accel_status add_scalar(reader *r, const char *key, bool listed)
{
    const char *text = (const char *)r->event.data.scalar.value;
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (strlen(text) != r->event.data.scalar.length)
        return refuse(r, key, ": has a zero byte");
    configuration_entry entry = {.section = r->section ? memory_copy_string(r->section) : NULL,
                                 .key = memory_copy_string(key),
                                 .kind = plain ? scalar_resolve(text) : CONFIGURATION_TEXT,
                                 .listed = listed,
                                 .line = r->event.start_mark.line + 1};
    entry.text = scalar_spell(entry.kind, text);
    return configuration_add(r->into, entry);
}

static accel_status read_list(reader *r, const char *key)
{
    size_t before = r->into->count;
    while (next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse(r, key, " has more than values in its list");
        if (add_scalar(r, key, true) != ACCEL_OK)
            break;
        if (r->into->entries[r->into->count - 1].kind == CONFIGURATION_NULL)
            return refuse(r, key, " has null in its list");
    }
    return accel_error_is_set() || r->into->count > before
               ? accel_error_status()
               : configuration_add_empty_list(r->into, r->section, key, r->event.start_mark.line + 1);
}

static accel_status read_keys(reader *r);

static accel_status read_section(reader *r, const char *key)
{
    size_t before = r->into->count;
    if (r->section)
        return refuse(r, key, " is nested too deeply");
    for (size_t i = 0; i < r->into->count; i++)
        if (r->into->entries[i].section && strcmp(r->into->entries[i].section, key) == 0)
            return refuse(r, key, " is there twice");
    size_t line = r->event.start_mark.line + 1;
    r->section = key;
    read_keys(r);
    r->section = NULL;
    return accel_error_is_set() || r->into->count > before ? accel_error_status()
                                                           : configuration_add_null(r->into, key, line);
}

static accel_status read_value(reader *r, const char *key)
{
    if (configuration_find(r->into, r->section, key))
        return refuse(r, key, " is there twice");
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
        return refuse(r, key, " has a value by reference");
    }
}

static accel_status read_keys(reader *r)
{
    while (next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse(r, "", "a key is no word");
        char *key = memory_copy_string((const char *)r->event.data.scalar.value);
        if (key && strlen(key) != r->event.data.scalar.length)
            refuse(r, key, ": the key has a zero byte");
        else if (key)
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
        return refuse(r, "", "there is a second document");
    return accel_error_status();
}

static accel_status read_document(reader *r)
{
    while (next(r)) {
        if (r->event.type == YAML_MAPPING_START_EVENT)
            return read_keys(r) == ACCEL_OK ? read_end(r) : accel_error_status();
        if (r->event.type != YAML_STREAM_START_EVENT && r->event.type != YAML_DOCUMENT_START_EVENT)
            return refuse(r, "", "keys with values are expected");
    }
    return accel_error_status();
}

accel_status configuration_read_yaml(configuration *c, const char *bytes, size_t size)
{
    RETURN_STATUS_IF_FAILED();
    reader r = {.into = c, .bytes = bytes};
    if (!yaml_parser_initialize(&r.parser))
        return accel_error_raise(ACCEL_ENOMEM, LAUNCH_CALL, "out of memory for %s", c->path);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, size);
    read_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return accel_error_status();
}
