#include "launch/cleaner.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launch/descendants.h"
#include "launch/private_folder.h"

enum { ATTEMPTS_MAX = 1000 }; /* a hundredth of a second apart */

/* The system sends `told` when the parent ends; anybody else may, too. All signals are blocked. */
static void outlive(pid_t launcher)
{
    static const int told = SIGUSR1;
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, told);
    prctl(PR_SET_PDEATHSIG, told);
    while (getppid() == launcher)
        sigwaitinfo(&wanted, NULL);
}

/* Who dies with the launcher may still be writing there. */
static void remove_patiently(const char *folder)
{
    struct stat info;
    for (int i = 0; i < ATTEMPTS_MAX && lstat(folder, &info) == 0; i++) {
        private_folder_clear(folder);
        nanosleep(&(struct timespec){.tv_nsec = i ? 10000000 : 0}, NULL);
    }
}

/* A child whose end is no signal: who waits for any child passes over it, and orphans.c need not look at every process
   there is while the launcher has no other. */
static pid_t fork_silently(void) { return (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL); }

static _Noreturn void run(pid_t launcher, const char *folder)
{
    setsid(); /* what ends the launcher's terminal or group is not meant for it, nor what ends it by its name */
    prctl(PR_SET_NAME, "accel-cleaner");
    close_range(0, ~0U, 0);
    outlive(launcher);
    descendants_kill(folder);
    remove_patiently(folder);
    _exit(0);
}

pid_t cleaner_start(const char *folder)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t launcher = getpid(), pid = fork_silently();
    if (pid == 0)
        run(launcher, folder);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid > 0 ? pid : 0;
}

void cleaner_end(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
        ;
}
