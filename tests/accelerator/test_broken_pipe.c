/* A connection that breaks while this process writes to it: the call fails, and no signal ends the program. */
#include "ranks.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_bool breaks;
static atomic_int broken;
static pthread_t caller;
static volatile sig_atomic_t signals;

/* In place of the C library's for the whole program: what this thread is about to write finds the peer gone. */
__attribute__((visibility("default"))) ssize_t writev(int fd, const struct iovec *parts, int count);
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (atomic_load(&breaks) && pthread_equal(pthread_self(), caller) && shutdown(fd, SHUT_WR) == 0)
        atomic_fetch_add(&broken, 1);
    return syscall(SYS_writev, fd, parts, count);
}

static void count_signal(int number)
{
    (void)number;
    signals++;
}

static int call_into_broken_pipe(accelerator *acc)
{
    accelerator_wait_for_everyone(acc); /* also until the others are connected */
    caller = pthread_self();
    atomic_store(&breaks, accelerator_process_index(acc) == 0);
    accelerator_wait_for_everyone(acc);
    atomic_store(&breaks, false);
    CHECK(accelerator_process_index(acc) > 0 || atomic_load(&broken) > 0);
    CHECK(accel_error_status() == ACCEL_EPEER);
    accelerator_finish(acc);
    return 0;
}

/* With the disposition that a program starts with, a signal would end it. */
static int survive(void *user)
{
    (void)user;
    signal(SIGPIPE, SIG_DFL);
    accelerator *acc = accelerator_create(.timeout = 60);
    return call_into_broken_pipe(acc);
}

/* The program's own broken pipes still are its own business. */
static int leave_signals_to_the_program(void *user)
{
    (void)user;
    int ends[2];
    signal(SIGPIPE, count_signal);
    accelerator *acc = accelerator_create(.timeout = 60);
    CHECK(pipe(ends) == 0);
    CHECK(call_into_broken_pipe(acc) == 0);
    CHECK(signals == 0);
    close(ends[0]);
    CHECK(write(ends[1], "x", 1) == -1);
    CHECK(signals == 1);
    close(ends[1]);
    return 0;
}

/* A program that blocks the signal and waits for it itself keeps what is pending. */
static int keep_what_is_pending(void *user)
{
    (void)user;
    sigset_t set;
    int taken = 0;
    accelerator *acc = accelerator_create(.timeout = 60);
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    raise(SIGPIPE);
    accelerator_wait_for_everyone(acc);
    CHECK(sigpending(&set) == 0 && sigismember(&set, SIGPIPE) == 1);
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    CHECK(sigwait(&set, &taken) == 0 && taken == SIGPIPE);
    return accelerator_finish(acc);
}

static void failure_is_told(void **state)
{
    (void)state;
    run_in(2, survive);
    run_in(2, leave_signals_to_the_program);
    run_in(2, keep_what_is_pending);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(failure_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
