#include "safetensors/weight_name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static const struct {
    const char *base, *ending;
} forms[WEIGHT_FORMS] = {
    [WEIGHT_SAFETENSORS] = {"model", ".safetensors"}, [WEIGHT_PICKLE] = {"pytorch_model", ".bin"}};

static const char index_ending[] = ".index.json";

/* ---- making ---- */

const char *weight_name_whole(char name[WEIGHT_NAME], weight_form form)
{
    snprintf(name, WEIGHT_NAME, "%s%s", forms[form].base, forms[form].ending);
    return name;
}

const char *weight_name_index(char name[WEIGHT_NAME], weight_form form)
{
    snprintf(name, WEIGHT_NAME, "%s%s%s", forms[form].base, forms[form].ending, index_ending);
    return name;
}

const char *weight_name_shard(char name[WEIGHT_NAME], weight_form form, size_t number, size_t count)
{
    snprintf(name, WEIGHT_NAME, "%s-%05zu-of-%05zu%s", forms[form].base, number, count, forms[form].ending);
    return name;
}

/* ---- knowing ---- */

/* "-00001-of-00003" at the head of `text`. */
static bool is_numbered(const char *text)
{
    static const char pattern[] = "-00000-of-00000";
    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
            return false;
    return true;
}

size_t weight_name_shards(weight_form form, const char *name)
{
    const size_t base = strlen(forms[form].base), number = strlen("-00000-of-"), numbers = number + 5;
    if (strncmp(name, forms[form].base, base) != 0 || !is_numbered(name + base) ||
        strcmp(name + base + numbers, forms[form].ending) != 0)
        return 0;
    return strtoul(name + base + number, NULL, 10);
}

bool weight_name_is_own(const char *name)
{
    char own[WEIGHT_NAME];
    for (weight_form form = 0; form < WEIGHT_FORMS; form++)
        if (strcmp(name, weight_name_whole(own, form)) == 0 ||
            strcmp(name, weight_name_index(own, form)) == 0 || weight_name_shards(form, name) > 0)
            return true;
    return false;
}

bool weight_name_is_index(const char *path) { return file_has_ending(path, index_ending); }

bool weight_name_is_pickle(const char *path)
{
    return file_has_ending(path, ".bin") || file_has_ending(path, ".pt") || file_has_ending(path, ".pth") ||
           file_has_ending(path, ".pkl");
}
