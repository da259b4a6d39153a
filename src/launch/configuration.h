/* A configuration file as Accelerate writes it: JSON where its name ends in .json, otherwise YAML. Keys have values, lists of values, or, in
 * a section, keys of their own. */
#ifndef ACCEL_LAUNCH_CONFIGURATION_H
#define ACCEL_LAUNCH_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

/* As PyYAML resolves what has no quotes, and as JSON has it. */
typedef enum configuration_kind {
    CONFIGURATION_NULL,
    CONFIGURATION_TRUTH,
    CONFIGURATION_WHOLE,
    CONFIGURATION_NUMBER,
    CONFIGURATION_TEXT
} configuration_kind;

typedef struct configuration_entry {
    char *section; /* NULL: none */
    char *key;
    configuration_kind kind;
    char *text;  /* as Python's str() has it */
    bool listed; /* one of a list: the others follow, with the same key; null: the list is empty */
    size_t line; /* from 1; 0: it was not read */
} configuration_entry;

typedef struct configuration {
    char *path; /* that it was read from; NULL: none */
    configuration_entry *entries;
    size_t count;
} configuration;

/* Start with {0}. Reads a file whatever its keys are; a key that is there twice, or that is nested deeper, is an error with its line. */
accel_status configuration_read(configuration *c, const char *path);
void configuration_dispose(configuration *c);

/* The entry, or the first of its list; NULL: none. */
const configuration_entry *configuration_find(const configuration *c, const char *section, const char *key);

/* Whether both have the same section and key, as those of a list have. */
bool configuration_same_place(const configuration_entry *a, const configuration_entry *b);

/* Puts an entry in, in place of what it has, or takes it out, all of the section where `key` is NULL; `section` and `text` may be NULL. */
accel_status configuration_set(configuration *c, const char *section, const char *key, configuration_kind kind,
                               const char *text);
void configuration_remove(configuration *c, const char *section, const char *key);

/* Puts an entry after those of the key's list. */
accel_status configuration_append(configuration *c, const char *section, const char *key,
                                  configuration_kind kind, const char *text);
accel_status configuration_set_empty_list(configuration *c, const char *section, const char *key);

/* Makes of a file of any version what the newest one writes: what was renamed has its new name, what was not said its default, and what
   has no effect any more is gone. Fails where there is no distributed_type. */
accel_status configuration_update(configuration *c);

/* Writes it as the reference does: JSON where the name ends in .json, otherwise YAML; keys in their order, without those that
   are null outside a section, and sections that are empty. The file appears when it is complete, and its directories are made; where the path is a link it
   is the one that it leads to. */
accel_status configuration_write(const configuration *c, const char *path);

/* As JSON, whatever the name is. */
accel_status configuration_write_json(const configuration *c, const char *path);

/* The same bytes as text, in YAML: new, memory_free. */
char *configuration_yaml(const configuration *c);

/* Where it is unless another file is named: $HF_HOME/accelerate/default_config.yaml, or in $XDG_CACHE_HOME/huggingface or
   ~/.cache/huggingface: new. */
char *configuration_default_path(void);

#endif
