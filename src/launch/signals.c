#include "launch/signals.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "launch/plan.h"

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDING = sizeof ending / sizeof ending[0] };

bool signals_ends(int signal)
{
    for (int i = 0; i < ENDING; i++)
        if (ending[i] == signal)
            return true;
    return false;
}

/* A blocked signal arrives although it is ignored, so one that is to be ignored stays out. Shells have programs in
   the background ignore SIGINT and SIGQUIT, which somebody may still send on purpose; nohup means it. */
static bool hangup_is_ignored(void)
{
    struct sigaction now;
    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

accel_status signals_take(signals *s)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGUSR1);
    sigaddset(&wanted, SIGUSR2);
    for (int i = 0; i < ENDING; i++)
        if (ending[i] != SIGHUP || !hangup_is_ignored())
            sigaddset(&wanted, ending[i]);
    s->fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->fd < 0)
        return accel_error_raise(ACCEL_EIO, PLAN_CALL, "signals cannot be waited for: %s", strerror(errno));
    sigprocmask(SIG_BLOCK, &wanted, &s->mask_before);
    /* Whoever ignores SIGCHLD is not told how a process ended. */
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &s->child_before);
    return ACCEL_OK;
}

int signals_next(signals *s)
{
    struct signalfd_siginfo info;
    ssize_t got;
    do
        got = read(s->fd, &info, sizeof info);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

void signals_give_back(signals *s)
{
    sigaction(SIGCHLD, &s->child_before, NULL);
    sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
    close(s->fd);
}
