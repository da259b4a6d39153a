#include "base/thread.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

accel_status thread_start(pthread_t *thread, void *(*run)(void *), void *argument, const char *call)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure == 0)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EIO, call, "a thread cannot be started: %s", strerror(failure));
}

typedef struct job {
    accel_status (*work)(void *argument);
    void *argument;
    accel_error error;
} job;

static void *run_job(void *argument)
{
    job *j = argument;
    if (j->work(j->argument) != ACCEL_OK)
        error_take(&j->error);
    return NULL;
}

bool thread_run(accel_status (*work)(void *argument), void *argument, double seconds, const char *who,
                const char *call)
{
    pthread_t thread;
    const struct timespec until = clock_after(seconds);
    job *j = memory_alloc(1, sizeof *j);
    if (!j)
        return false;
    *j = (job){.work = work, .argument = argument};
    if (thread_start(&thread, run_job, j, call) != ACCEL_OK) {
        memory_free(j);
        return false;
    }
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) != 0) {
        pthread_detach(thread);
        accel_error_raise(ACCEL_ETIMEOUT, call, "%s did not answer within %g s", who, seconds);
        return false;
    }
    error_restore(&j->error);
    memory_free(j);
    return true;
}
