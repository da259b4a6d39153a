#include "launch/signals.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "launch/call.h"

bool signals_ends(int signal)
{
    return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

bool signals_stops(int signal) { return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU; }

/* A blocked signal arrives although it is ignored, so one that is to be ignored stays out. Shells have programs in
   the background ignore SIGINT and SIGQUIT, which somebody may still send on purpose; nohup means it. */
static bool is_left_out(int signal)
{
    struct sigaction now;
    return (signal == SIGHUP || signals_stops(signal)) && sigaction(signal, NULL, &now) == 0 &&
           now.sa_handler == SIG_IGN;
}

accel_status signals_take(signals *s)
{
    static const int all[] = {SIGCHLD, SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGTSTP,
                              SIGTTIN, SIGTTOU, SIGCONT, SIGUSR1, SIGUSR2};
    sigset_t wanted;
    sigemptyset(&wanted);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!is_left_out(all[i]))
            sigaddset(&wanted, all[i]);
    s->fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->fd < 0)
        return accel_error_raise(ACCEL_EIO, LAUNCH_CALL, "signals cannot be waited for: %s", strerror(errno));
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
    if (got != (ssize_t)sizeof info)
        return 0;
    /* A terminal that hangs up tells the first process of its session alone. */
    s->from_the_keyboard = info.ssi_code == SI_KERNEL && info.ssi_signo != SIGHUP;
    return (int)info.ssi_signo;
}

void signals_obey(int signal)
{
    sigset_t one, before;
    sigemptyset(&one);
    sigaddset(&one, signal);
    raise(signal);
    sigprocmask(SIG_UNBLOCK, &one, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void signals_give_back(signals *s)
{
    sigaction(SIGCHLD, &s->child_before, NULL);
    sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
    close(s->fd);
}
