#include "launch/orphans.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "launch/killing.h"
#include "launch/lineage.h"
#include "launch/processes.h"

/* A process without children, which is the rule, need not look at all the others. */
static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/* Every process whose parent this one is, one after the other. Not every kernel has the list in
   /proc/self/task/PID/children. */
static pid_t next_child(DIR *processes)
{
    pid_t pid = processes_next(processes);
    while (pid && lineage_parent(pid) != getpid())
        pid = processes_next(processes);
    return pid;
}

static bool is_known(const orphans *o, pid_t pid)
{
    for (size_t at = 0; at < o->known.size; at += sizeof pid)
        if (memcmp(o->known.data + at, &pid, sizeof pid) == 0)
            return true;
    return false;
}

accel_status orphans_except(orphans *o, int pid)
{
    pid_t number = (pid_t)pid;
    return buffer_append(&o->known, &number, sizeof number);
}

accel_status orphans_adopt(orphans *o)
{
    *o = (orphans){.looked_at = clock_seconds(), .look_again = INFINITY};
    prctl(PR_GET_CHILD_SUBREAPER, &o->reaper_before);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    DIR *processes = has_children() ? opendir("/proc") : NULL;
    if (!processes)
        return ACCEL_OK;
    for (pid_t pid = next_child(processes); pid; pid = next_child(processes))
        if (orphans_except(o, pid) != ACCEL_OK)
            break;
    closedir(processes);
    return accel_error_status();
}

/* Sends all of them this signal, lets go of those that ended, and counts them all. */
static size_t look(const orphans *o, int signal)
{
    DIR *processes = has_children() ? opendir("/proc") : NULL;
    if (!processes)
        return 0;
    size_t found = 0;
    for (pid_t pid = next_child(processes); pid; pid = next_child(processes)) {
        if (is_known(o, pid))
            continue;
        kill(pid, signal); /* a child's number stays its own until it is waited for */
        waitpid(pid, NULL, WNOHANG);
        found++;
    }
    closedir(processes);
    return found;
}

void orphans_reap(orphans *o)
{
    double now = clock_seconds();
    o->look_again = now - o->looked_at < 1 ? o->looked_at + 1 : INFINITY;
    if (o->look_again < INFINITY)
        return;
    o->looked_at = now;
    look(o, 0);
}

static size_t kill_all(const void *o) { return look(o, SIGKILL); }

/* Whoever is killed leaves its own children to this process. */
void orphans_kill(orphans *o) { killing_repeat(kill_all, o); }

void orphans_give_back(orphans *o)
{
    prctl(PR_SET_CHILD_SUBREAPER, o->reaper_before);
    buffer_dispose(&o->known);
}
