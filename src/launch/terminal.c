#include "launch/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

void terminal_look(terminal *t)
{
    *t = (terminal){0};
    t->ours = tcgetpgrp(STDIN_FILENO) == getpgrp() && tcgetattr(STDIN_FILENO, &t->modes) == 0;
}

void terminal_leave(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return;
    ioctl(fd, TIOCNOTTY);
    close(fd);
}

/* A debugger that was killed had made its program's group the foreground one. */
static bool is_in_foreground(void)
{
    pid_t group = tcgetpgrp(STDIN_FILENO);
    if (group > 0 && group != getpgrp() && kill(-group, 0) != 0 && errno == ESRCH)
        tcsetpgrp(STDIN_FILENO, getpgrp());
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Neither call stops who does it in the background while SIGTTOU is blocked. Where this launch writes into a pipe, the
   modes may be a pager's. */
void terminal_restore(const terminal *t, bool killed)
{
    sigset_t output, before;
    if (!t->ours)
        return;
    sigemptyset(&output);
    sigaddset(&output, SIGTTOU);
    sigprocmask(SIG_BLOCK, &output, &before);
    if (is_in_foreground() && killed && isatty(STDOUT_FILENO))
        tcsetattr(STDIN_FILENO, TCSADRAIN, &t->modes);
    sigprocmask(SIG_SETMASK, &before, NULL);
}
