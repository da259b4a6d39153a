#include "launch/descendants.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "launch/killing.h"

static bool is_marked(const char *entry, const char *folder)
{
    static const char name[] = ENVIRONMENT_ERROR_FILE "=";
    const size_t length = strlen(folder);
    return strncmp(entry, name, sizeof name - 1) == 0 &&
           strncmp(entry + sizeof name - 1, folder, length) == 0 && entry[sizeof name - 1 + length] == '/';
}

/* /proc/PID/environ: entries that end with '\0'. */
static bool is_descendant(const char *pid, const char *folder)
{
    char path[64], *entry = NULL;
    size_t capacity = 0;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
    FILE *stream = fopen(path, "re");
    while (stream && !found && getdelim(&entry, &capacity, '\0', stream) > 0)
        found = is_marked(entry, folder);
    if (stream)
        fclose(stream);
    free(entry);
    return found;
}

static size_t kill_those_there(const void *folder)
{
    size_t found = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *item = processes ? readdir(processes) : NULL; item; item = readdir(processes))
        if (isdigit((unsigned char)item->d_name[0]) && is_descendant(item->d_name, folder)) {
            kill((pid_t)strtol(item->d_name, NULL, 10), SIGKILL);
            found++;
        }
    if (processes)
        closedir(processes);
    return found;
}

void descendants_kill(const char *folder) { killing_repeat(kill_those_there, folder); }
