#include "checkpoint/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/manifest.h"

const char *layout_name(char name[LAYOUT_NAME], const char *kind, size_t index, const char *ending)
{
    if (index == 0)
        snprintf(name, LAYOUT_NAME, "%s%s", kind, ending);
    else
        snprintf(name, LAYOUT_NAME, "%s_%zu%s", kind, index, ending);
    return name;
}

const char *layout_numbered(char name[LAYOUT_NAME], const char *kind, size_t number, const char *ending)
{
    snprintf(name, LAYOUT_NAME, "%s_%zu%s", kind, number, ending);
    return name;
}

/* ---- which names are there ---- */

typedef struct known {
    const char *kind, *ending;
} known;

static const known names[] = {{"model", ".safetensors"}, {"pytorch_model", ".bin"}, {"optimizer", ".bin"},
                              {"scheduler", ".bin"},     {"sampler", ".bin"},       {"dl_state_dict", ".bin"},
                              {"scaler", ".pt"},         {LAYOUT_RANDOM, ".pkl"},   {LAYOUT_OBJECT, ".pkl"},
                              {LAYOUT_PROCESS, ".bin"},  {LAYOUT_PART, ".json"},    {LAYOUT_PART, ".failed"}};

/* Behind "_12" at the head of `text`, or `text` itself. */
static const char *skip_number(const char *text)
{
    size_t digits = text[0] == '_' ? strspn(text + 1, "0123456789") : 0;
    return digits ? text + 1 + digits : text;
}

/* "" or ".1234-5.tmp": a file, or what it is written as. */
static bool is_end(const char *text)
{
    size_t digits;
    if (!*text)
        return true;
    if (*text++ != '.' || (digits = strspn(text, "0123456789")) == 0 || text[digits] != '-')
        return false;
    text += digits + 1;
    return strcmp(text + strspn(text, "0123456789"), ".tmp") == 0;
}

/* What is behind such a name; NULL for another. */
static const char *skip_name(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t kind = strlen(names[i].kind), ending = strlen(names[i].ending);
        if (strncmp(name, names[i].kind, kind) != 0)
            continue;
        const char *rest = skip_number(name + kind);
        if (strncmp(rest, names[i].ending, ending) == 0 && is_end(rest + ending))
            return rest + ending;
    }
    size_t length = strlen(MANIFEST_NAME);
    return strncmp(name, MANIFEST_NAME, length) == 0 && is_end(name + length) ? name + length : NULL;
}

bool layout_is_own(const char *name) { return skip_name(name) != NULL; }

bool layout_is_named(const char *name)
{
    const char *end = skip_name(name);
    return end && *end == '\0';
}

/* ---- how many there are ---- */

bool layout_has(const char *folder, const char *name)
{
    char *path = file_join(folder, name);
    bool there = path && file_exists(path);
    memory_free(path);
    return there;
}

/* -1 for another name. */
static int64_t number_of(const char *name, const char *kind, const char *ending)
{
    size_t length = strlen(kind);
    const char *digits = name + length + 1;
    if (strncmp(name, kind, length) != 0 || name[length] != '_')
        return -1;
    size_t count = strspn(digits, "0123456789");
    return count > 0 && count < 10 && strcmp(digits + count, ending) == 0 ? strtoll(digits, NULL, 10) : -1;
}

int64_t layout_first_numbered(const char *folder, const char *kind, const char *ending)
{
    int64_t first = -1;
    directory_list list = {0};
    directory_read(&list, folder);
    for (size_t i = 0; i < list.count; i++) {
        int64_t number = number_of(list.names[i], kind, ending);
        if (number >= 0 && (first < 0 || number < first))
            first = number;
    }
    directory_list_free(&list);
    return first;
}

typedef const char *naming(char name[LAYOUT_NAME], const char *kind, size_t index, const char *ending);

static size_t count(const char *folder, naming *make, const char *kind, const char *ending)
{
    char name[LAYOUT_NAME];
    size_t found = 0;
    while (layout_has(folder, make(name, kind, found, ending)))
        found++;
    return found;
}

size_t layout_count(const char *folder, const char *kind, const char *ending)
{
    return count(folder, layout_name, kind, ending);
}

size_t layout_count_numbered(const char *folder, const char *kind, const char *ending)
{
    return count(folder, layout_numbered, kind, ending);
}
