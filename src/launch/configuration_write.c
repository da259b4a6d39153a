#include "launch/configuration.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yaml.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "launch/call.h"
#include "launch/scalar.h"

/* ---- in their order ---- */

/* By what stands at the outer level, which is the section of an entry that has one; then by key. */
static int compare(const void *a, const void *b)
{
    const configuration_entry *x = *(const configuration_entry *const *)a,
                              *y = *(const configuration_entry *const *)b;
    int order = strcmp(x->section ? x->section : x->key, y->section ? y->section : y->key);
    if (order == 0)
        order = strcmp(x->key, y->key);
    return order ? order : (x > y) - (x < y); /* a list stays in its own */
}

/* No file could hold it. */
static accel_status refuse_unreadable(const configuration_entry *e)
{
    if (quote_is_utf8(e->text))
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s is not UTF-8", e->key);
}

/* Those that are written, ended by NULL: new. */
static const configuration_entry **sort(const configuration *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (refuse_unreadable(&c->entries[i]) != ACCEL_OK)
            return NULL;
    const configuration_entry **sorted = memory_alloc(c->count + 1, sizeof *sorted);
    size_t count = 0;
    for (size_t i = 0; sorted && i < c->count; i++)
        if (c->entries[i].kind != CONFIGURATION_NULL || c->entries[i].listed || c->entries[i].section)
            sorted[count++] = &c->entries[i];
    if (sorted)
        qsort(sorted, count, sizeof *sorted, compare);
    return sorted;
}

static bool is_same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

static bool is_empty_list(const configuration_entry *e) { return e->listed && e->kind == CONFIGURATION_NULL; }

static bool goes_on(const configuration_entry *e, const configuration_entry *next)
{
    return next && configuration_same_place(e, next);
}

/* ---- JSON ---- */

/* With the names that Python's json has for what JSON lacks. */
static void append_number(buffer *out, const char *text)
{
    buffer_append_string(out, strcmp(text, "nan") == 0    ? "NaN"
                              : strcmp(text, "inf") == 0  ? "Infinity"
                              : strcmp(text, "-inf") == 0 ? "-Infinity"
                                                          : text);
}

static void append_value(buffer *out, const configuration_entry *e)
{
    if (e->kind == CONFIGURATION_TEXT)
        quote_append_ascii(out, e->text);
    else if (e->kind == CONFIGURATION_TRUTH)
        buffer_append_string(out, strcmp(e->text, "True") == 0 ? "true" : "false");
    else if (e->kind == CONFIGURATION_NULL)
        buffer_append_string(out, "null");
    else
        append_number(out, e->text);
}

/* A key and its value or list; gives the last entry of it. */
static const configuration_entry *const *append_key(buffer *out, const configuration_entry *const *at,
                                                    int indent)
{
    buffer_printf(out, "%*s", indent, "");
    quote_append_ascii(out, (*at)->key);
    buffer_append_string(out, ": ");
    if (is_empty_list(*at)) {
        buffer_append_string(out, "[]");
    } else if ((*at)->listed) {
        buffer_append_string(out, "[\n");
        for (;; at++) {
            buffer_printf(out, "%*s", indent + 2, "");
            append_value(out, *at);
            if (!goes_on(at[0], at[1]))
                break;
            buffer_append_string(out, ",\n");
        }
        buffer_printf(out, "\n%*s]", indent, "");
    } else {
        append_value(out, *at);
    }
    return at;
}

static char *json_of(const configuration *c)
{
    buffer out = {0};
    const char *section = NULL;
    const configuration_entry **sorted = sort(c);
    buffer_append_string(&out, sorted && sorted[0] ? "{\n" : "{");
    for (const configuration_entry *const *at = sorted; at && *at; at++) {
        if ((*at)->section && !is_same((*at)->section, section)) {
            buffer_append_string(&out, "  ");
            quote_append_ascii(&out, (*at)->section);
            buffer_append_string(&out, ": {\n");
        }
        section = (*at)->section;
        at = append_key(&out, at, section ? 4 : 2);
        if (section && !(at[1] && is_same(section, at[1]->section)))
            buffer_append_string(&out, "\n  }");
        buffer_append_string(&out, at[1] ? ",\n" : "\n");
    }
    buffer_append_string(&out, "}\n");
    memory_free(sorted);
    if (!accel_error_is_set())
        return out.data;
    buffer_dispose(&out);
    return NULL;
}

/* ---- YAML ---- */

static int take(void *out, unsigned char *bytes, size_t size)
{
    return buffer_append(out, bytes, size) == ACCEL_OK;
}

typedef struct emitter {
    yaml_emitter_t yaml;
    bool failed;
} emitter;

/* Takes the event that was made, if it was. */
static void emit(emitter *e, int made, yaml_event_t *event)
{
    if (e->failed && made)
        yaml_event_delete(event);
    e->failed = e->failed || !made || !yaml_emitter_emit(&e->yaml, event);
}

static void emit_scalar(emitter *e, const char *text, bool plain)
{
    yaml_event_t event;
    emit(e,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), plain,
                                      true, YAML_ANY_SCALAR_STYLE),
         &event);
}

static void emit_text(emitter *e, const char *text) { emit_scalar(e, text, scalar_is_plain(text)); }

/* YAML wants a point before an exponent, and before names. */
static void emit_number(emitter *e, const char *text)
{
    char spelled[48];
    const char *exponent = strchr(text, '.') ? NULL : strchr(text, 'e');
    if (exponent)
        snprintf(spelled, sizeof spelled, "%.*s.0%s", (int)(exponent - text), text, exponent);
    else if (strcmp(text, "nan") == 0 || strcmp(text, "inf") == 0)
        snprintf(spelled, sizeof spelled, ".%s", text);
    else
        snprintf(spelled, sizeof spelled, "%s", strcmp(text, "-inf") == 0 ? "-.inf" : text);
    emit_scalar(e, spelled, true);
}

static void emit_value(emitter *e, const configuration_entry *entry)
{
    if (entry->kind == CONFIGURATION_TEXT)
        emit_text(e, entry->text);
    else if (entry->kind == CONFIGURATION_TRUTH)
        emit_scalar(e, strcmp(entry->text, "True") == 0 ? "true" : "false", true);
    else if (entry->kind == CONFIGURATION_NULL)
        emit_scalar(e, "null", true);
    else if (entry->kind == CONFIGURATION_NUMBER)
        emit_number(e, entry->text);
    else
        emit_scalar(e, entry->text, true);
}

static void begin_map(emitter *e)
{
    yaml_event_t event;
    emit(e, yaml_mapping_start_event_initialize(&event, NULL, NULL, true, YAML_BLOCK_MAPPING_STYLE), &event);
}

static void end_map(emitter *e)
{
    yaml_event_t event;
    emit(e, yaml_mapping_end_event_initialize(&event), &event);
}

static const configuration_entry *const *emit_list(emitter *e, const configuration_entry *const *at)
{
    yaml_event_t event;
    emit(e, yaml_sequence_start_event_initialize(&event, NULL, NULL, true, YAML_BLOCK_SEQUENCE_STYLE), &event);
    for (; !is_empty_list(*at); at++) {
        emit_value(e, *at);
        if (!goes_on(at[0], at[1]))
            break;
    }
    emit(e, yaml_sequence_end_event_initialize(&event), &event);
    return at;
}

static void emit_entries(emitter *e, const configuration_entry *const *at)
{
    const char *section = NULL;
    for (; *at; at++) {
        if ((*at)->section && !is_same((*at)->section, section)) {
            emit_text(e, (*at)->section);
            begin_map(e);
        }
        section = (*at)->section;
        emit_text(e, (*at)->key);
        if ((*at)->listed)
            at = emit_list(e, at);
        else
            emit_value(e, *at);
        if (section && !(at[1] && is_same(section, at[1]->section)))
            end_map(e);
    }
}

static void emit_all(emitter *e, const configuration_entry *const *sorted)
{
    yaml_event_t event;
    emit(e, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event);
    emit(e, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, true), &event);
    begin_map(e);
    emit_entries(e, sorted);
    end_map(e);
    emit(e, yaml_document_end_event_initialize(&event, true), &event);
    emit(e, yaml_stream_end_event_initialize(&event), &event);
}

/* Memory alone is what making an event can lack: texts are UTF-8. */
static void raise_failure(const emitter *e)
{
    if (!e->failed || accel_error_is_set())
        return;
    if (e->yaml.problem)
        accel_error_raise(ACCEL_EFORMAT, LAUNCH_CALL, "a configuration cannot be written as YAML: %s",
                          e->yaml.problem);
    else
        accel_error_raise(ACCEL_ENOMEM, LAUNCH_CALL, "out of memory for a configuration");
}

char *configuration_yaml(const configuration *c)
{
    RETURN_NULL_IF_FAILED();
    buffer out = {0};
    emitter e = {0};
    const configuration_entry **sorted = sort(c);
    if (sorted && yaml_emitter_initialize(&e.yaml)) {
        yaml_emitter_set_output(&e.yaml, take, &out);
        emit_all(&e, sorted);
        raise_failure(&e);
        yaml_emitter_delete(&e.yaml);
    } else {
        accel_error_raise(ACCEL_ENOMEM, LAUNCH_CALL, "out of memory for a configuration");
    }
    memory_free(sorted);
    if (!accel_error_is_set())
        return out.data;
    buffer_dispose(&out);
    return NULL;
}

/* ---- into a file ---- */

/* Where a link leads to, which need not be there yet: new. NULL where the path is none, or on failure. */
static char *read_link(const char *path)
{
    char target[PATH_MAX];
    const ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return NULL;
    target[length] = '\0';
    if (target[0] == '/')
        return memory_copy_string(target);
    char *folder = file_directory(path), *joined = folder ? file_join(folder, target) : NULL;
    memory_free(folder);
    return joined;
}

/* What the name leads to: new. */
static char *follow(const char *name)
{
    enum { LINKS_MAX = 40 }; /* as Linux has it */
    char *path = memory_copy_string(name), *next;
    for (int links = 0; path && (next = read_link(path)); links++) {
        memory_free(path);
        path = next;
        if (links == LINKS_MAX)
            accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s: is a link that leads to itself", name);
        if (accel_error_is_set())
            break;
    }
    if (!accel_error_is_set())
        return path;
    memory_free(path);
    return NULL;
}

/* Takes the text. What the name leads to gets it, and keeps its mode. */
static accel_status write_text(char *text, const char *name)
{
    struct stat before;
    char *path = text ? follow(name) : NULL, *folder = path ? file_directory(path) : NULL;
    bool there = path && stat(path, &before) == 0;
    if (folder && there && access(path, W_OK) != 0)
        file_raise_errno(path, "cannot be written");
    if (folder && !accel_error_is_set() && file_make_directories(folder) == ACCEL_OK &&
        file_write_atomic(path, text, strlen(text)) == ACCEL_OK && there)
        (void)!chmod(path, before.st_mode & 07777);
    memory_free(folder);
    memory_free(path);
    memory_free(text);
    return accel_error_status();
}

accel_status configuration_write_json(const configuration *c, const char *path)
{
    RETURN_STATUS_IF_FAILED();
    return write_text(json_of(c), path);
}

accel_status configuration_write(const configuration *c, const char *path)
{
    RETURN_STATUS_IF_FAILED();
    return file_has_ending(path, ".json") ? configuration_write_json(c, path)
                                          : write_text(configuration_yaml(c), path);
}
