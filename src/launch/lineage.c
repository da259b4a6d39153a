#include "launch/lineage.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launch/processes.h"

enum { LISTED_MAX = 4096 };

/* /proc/PID/stat: the number, the name in parentheses with anything in it, a letter, the parent. */
pid_t lineage_parent(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stream = fopen(path, "re");
    if (!stream)
        return -1;
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    const char *end = strrchr(text, ')');
    int parent = -1;
    return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? (pid_t)parent : -1;
}

static bool comes_from(pid_t pid, pid_t ancestor)
{
    for (pid = lineage_parent(pid); pid > 1; pid = lineage_parent(pid))
        if (pid == ancestor)
            return true;
    return false;
}

/* Before the first is signalled, since who loses its parent is no descendant any more. */
static int list(pid_t ancestor, pid_t *listed)
{
    int count = 0;
    pid_t group = getpgid(ancestor);
    DIR *processes = opendir("/proc");
    if (!processes)
        return 0;
    for (pid_t pid; count < LISTED_MAX && (pid = processes_next(processes));)
        if (getpgid(pid) == group && comes_from(pid, ancestor))
            listed[count++] = pid;
    closedir(processes);
    return count;
}

/* The process itself first: a shell whose command ended goes on to the next. */
void lineage_signal(pid_t pid, int signal)
{
    pid_t listed[LISTED_MAX];
    int count = list(pid, listed);
    kill(pid, signal);
    for (int i = 0; i < count; i++)
        kill(listed[i], signal);
}
