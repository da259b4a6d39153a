#include "launch/configuration_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/home.h"
#include "base/memory.h"
#include "launch/call.h"

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

static bool is_in(const configuration_entry *e, const char *section)
{
    return section ? e->section && strcmp(e->section, section) == 0 : e->section == NULL;
}

static bool is_at(const configuration_entry *e, const char *section, const char *key)
{
    return strcmp(e->key, key) == 0 && is_in(e, section);
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

accel_status configuration_add(configuration *c, configuration_entry entry)
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
        if (key ? is_at(&c->entries[i], section, key) : is_in(&c->entries[i], section))
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
    return configuration_add(c, entry);
}

accel_status configuration_append(configuration *c, const char *section, const char *key,
                                  configuration_kind kind, const char *text)
{
    RETURN_STATUS_IF_FAILED();
    configuration_entry entry = make_entry(section, key, kind, text);
    entry.listed = true;
    return configuration_add(c, entry);
}

accel_status configuration_set_empty_list(configuration *c, const char *section, const char *key)
{
    if (configuration_set(c, section, key, CONFIGURATION_NULL, NULL) == ACCEL_OK)
        c->entries[c->count - 1].listed = true;
    return accel_error_status();
}

/* ---- reading ---- */

accel_status configuration_add_empty_list(configuration *c, const char *section, const char *key, size_t line)
{
    configuration_entry entry = make_entry(section, key, CONFIGURATION_NULL, "");
    entry.listed = true;
    entry.line = line;
    return configuration_add(c, entry);
}

accel_status configuration_add_null(configuration *c, const char *key, size_t line)
{
    configuration_entry entry = make_entry(NULL, key, CONFIGURATION_NULL, "None");
    entry.line = line;
    return configuration_add(c, entry);
}

accel_status configuration_refuse(const configuration *c, size_t line, const char *key, const char *what)
{
    return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s:%zu: %s%s", c->path, line, key, what);
}

accel_status configuration_read(configuration *c, const char *path)
{
    RETURN_STATUS_IF_FAILED();
    size_t size = 0;
    c->path = memory_copy_string(path);
    char *bytes = c->path ? file_read(path, &size) : NULL;
    if (bytes && size > FILE_MAX)
        accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s: is larger than a configuration can be", path);
    if (!accel_error_is_set())
        file_has_ending(path, ".json") ? configuration_read_json(c, bytes, size)
                                       : configuration_read_yaml(c, bytes, size);
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
