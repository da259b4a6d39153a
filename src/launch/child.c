#include "launch/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/callback.h"
#include "base/error.h"
#include "launch/call.h"
#include "launch/lineage.h"
#include "launch/program.h"
#include "launch/terminal.h"

/* What a process says through its gate, a pipe that closes by itself when its program starts. */
typedef struct failure {
    int error; /* errno; 0 while there is none */
    bool of_program;
} failure;

/* ---- in the new process ---- */

/* Who ignores the end of the terminal, as nohup arranges, passes that on. */
static void reset_signals(void)
{
    struct sigaction hangup, plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    bool kept = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
    for (int signal = 1; signal < NSIG; signal++)
        if (signal != SIGHUP || !kept)
            sigaction(signal, &plain, NULL); /* refused for SIGKILL, SIGSTOP and libc's own */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The first process has the launcher's, but a terminal only while it is in that one's group: elsewhere it would take lines
   from whoever is in the foreground. */
static bool open_input(const child_setup *setup)
{
    if (setup->variables.local_rank == 0 && (setup->at_terminal || !isatty(STDIN_FILENO)))
        return true;
    int fd = open("/dev/null", O_RDONLY);
    if (fd == STDIN_FILENO)
        return true;
    bool good = fd >= 0 && dup2(fd, STDIN_FILENO) >= 0;
    if (fd >= 0)
        close(fd);
    return good;
}

static bool pass_on(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) == 0;
}

static bool get_ready(const child_setup *setup)
{
    if (!open_input(setup))
        return false;
    for (int i = 0; i < 2; i++)
        if (setup->streams[i] >= 0 && dup2(setup->streams[i], STDOUT_FILENO + i) < 0)
            return false;
    for (int i = 0; i < 2; i++)
        if (setup->closed[i] >= 0)
            close(setup->closed[i]);
    return (setup->variables.listen_fd < 0 || pass_on(setup->variables.listen_fd)) &&
           variables_set(setup->plan, &setup->variables);
}

static _Noreturn void give_up(int gate, bool of_program)
{
    failure f = {.error = errno ? errno : EINVAL, .of_program = of_program};
    ssize_t ignored = write(gate, &f, sizeof f);
    (void)ignored;
    _exit(127);
}

static _Noreturn void run(const child_setup *setup, int gate)
{
    const launch_plan *plan = setup->plan;
    if (!setup->at_terminal) {
        setpgid(0, 0); /* nobody signals the group before the gate is closed */
        terminal_leave();
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != setup->variables.launcher)
        _exit(127); /* the launcher was gone before that */
    reset_signals();
    if (!get_ready(setup))
        give_up(gate, false);
    if (plan->command) {
        program_execute(plan->command);
        give_up(gate, true);
    }
    close(gate);
    callback_forget();
    exit(plan->function(plan->user));
}

/* ---- in the launcher ---- */

static failure read_failure(int gate)
{
    failure f = {0};
    ssize_t got;
    do
        got = read(gate, &f, sizeof f);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof f ? f : (failure){0};
}

static accel_status refuse(const child_setup *setup, failure f)
{
    if (f.of_program)
        return program_refuse(setup->plan->command[0], f.error);
    return accel_error_raise(ACCEL_EIO, LAUNCH_CALL, "process %d cannot be started: %s", setup->variables.rank,
                             strerror(f.error));
}

static void forget(child *c)
{
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    c->pid = 0;
}

accel_status child_start(child *c, const child_setup *setup)
{
    int gate[2];
    *c = (child){.rank = setup->variables.rank, .at_terminal = setup->at_terminal};
    if (pipe2(gate, O_CLOEXEC) != 0)
        return refuse(setup, (failure){.error = errno});
    c->pid = fork();
    failure f = {.error = c->pid < 0 ? errno : 0};
    if (c->pid == 0) {
        close(gate[0]);
        run(setup, gate[1]);
    }
    close(gate[1]);
    if (c->pid > 0) {
        c->last_pid = c->pid;
        f = read_failure(gate[0]);
        if (f.error)
            forget(c);
    }
    close(gate[0]);
    if (f.error == 0)
        return ACCEL_OK;
    c->pid = 0;
    return refuse(setup, f);
}

int child_note_stop(const child *c)
{
    siginfo_t info = {0};
    if (c->ended || c->pid <= 0 || waitid(P_PID, (id_t)c->pid, &info, WSTOPPED | WNOHANG) != 0 ||
        info.si_pid != c->pid)
        return 0;
    return info.si_status;
}

bool child_note_end(child *c)
{
    siginfo_t info = {0};
    if (c->ended || c->pid <= 0 || waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid != c->pid)
        return false;
    c->ended = true;
    if (info.si_code == CLD_EXITED)
        c->code = info.si_status;
    else
        c->signal = info.si_status;
    return true;
}

bool child_has_failed(const child *c)
{
    return c->ended && !c->asked_to_end && (c->code != 0 || c->signal != 0);
}

void child_signal(const child *c, int signal)
{
    if (c->pid <= 0)
        return;
    if (c->at_terminal) {
        if (!c->ended) /* else nobody descends from it any more: orphans.h */
            lineage_signal(c->pid, signal);
        return;
    }
    kill(-c->pid, signal);
    if (getpgid(c->pid) != c->pid) /* it went to another group */
        kill(c->pid, signal);
}

void child_reap(child *c)
{
    if (c->pid <= 0)
        return;
    child_signal(c, SIGKILL);
    forget(c);
}
