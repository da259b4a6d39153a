#include "engine/plugin.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dlfcn.h>

static void find(const char *variable, const char *file, char path[PATH_MAX])
{
    const char *chosen = getenv(variable);
    Dl_info self = {0};
    if (chosen && *chosen) {
        snprintf(path, PATH_MAX, "%s", chosen);
        return;
    }
    dladdr(__extension__(const void *) plugin_load, &self);
    const char *own = self.dli_fname ? self.dli_fname : "", *name = strrchr(own, '/');
    snprintf(path, PATH_MAX, "%.*s%s", name ? (int)(name + 1 - own) : 0, own, file);
}

const void *plugin_load(const char *variable, const char *file, const char *symbol, char *why, size_t capacity)
{
    char path[PATH_MAX];
    find(variable, file, path);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const void *entry = library ? dlsym(library, symbol) : NULL;
    if (!entry)
        snprintf(why, capacity, "%s", dlerror());
    return entry;
}
