#include "cli/standard_streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

static bool output_was_closed;

static bool is_closed(int fd) { return fcntl(fd, F_GETFD) < 0 && errno == EBADF; }

/* The lowest number that is free is the one that open gives. */
static bool fill(int fd, int flags) { return open("/dev/null", flags) == fd; }

bool standard_streams_open(void)
{
    output_was_closed = is_closed(STDOUT_FILENO);
    /* Output is opened for reading, so that what is printed there fails instead of vanishing, and is told at the end. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (!is_closed(fd) || fill(fd, fd == STDOUT_FILENO ? O_RDONLY : O_RDWR))
            continue;
        fprintf(stderr, "accelerate: standard %s is closed, and /dev/null cannot be opened in its place: %s\n",
                fd == STDIN_FILENO    ? "input"
                : fd == STDOUT_FILENO ? "output"
                                      : "error",
                strerror(errno));
        return false;
    }
    return true;
}

static void fill_output(int flags)
{
    const int fd = output_was_closed ? open("/dev/null", flags | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    dup2(fd, STDOUT_FILENO);
    close(fd);
}

void standard_streams_lend(void)
{
    fflush(stdout);
    fill_output(O_WRONLY);
}

void standard_streams_take_back(void) { fill_output(O_RDONLY); }

/* Of a pipe or a socket. */
static bool has_no_reader(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP));
}

static void end_as_others_do(void)
{
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &pipe, NULL);
    raise(SIGPIPE);
}

int standard_streams_close(int status)
{
    const bool lost_some = ferror(stdout), no_reader = lost_some && has_no_reader();
    const int error = fclose(stdout) != 0 ? errno : 0; /* some disks are full only now */
    if (status != 0 || (!lost_some && !error))
        return status;
    if (error == EPIPE || no_reader)
        end_as_others_do();
    if (output_was_closed)
        fputs("accelerate: standard output is closed\n", stderr);
    else
        fprintf(stderr, "accelerate: standard output: %s\n", error ? strerror(error) : "some of it is lost");
    return COMMAND_FAILED;
}
