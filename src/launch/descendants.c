#include "launch/descendants.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "launch/killing.h"
#include "launch/processes.h"

static bool is_marked(const char *entry, const char *folder)
{
    static const char name[] = ENVIRONMENT_ERROR_FILE "=";
    const size_t length = strlen(folder);
    return strncmp(entry, name, sizeof name - 1) == 0 &&
           strncmp(entry + sizeof name - 1, folder, length) == 0 && entry[sizeof name - 1 + length] == '/';
}

/* /proc/PID/environ: entries that end with '\0'. */
static bool is_descendant(pid_t pid, const char *folder)
{
    char path[64], *entry = NULL;
    size_t capacity = 0;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
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
    if (!processes)
        return 0;
    for (pid_t pid = processes_next(processes); pid; pid = processes_next(processes))
        if (is_descendant(pid, folder)) {
            kill(pid, SIGKILL);
            found++;
        }
    closedir(processes);
    return found;
}

void descendants_kill(const char *folder) { killing_repeat(kill_those_there, folder); }
