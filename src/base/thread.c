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

typedef struct run {
    thread_job job;
    accel_error error;
} run;

static void *run_job(void *argument)
{
    run *r = argument;
    if (r->job.work(r->job.argument) != ACCEL_OK)
        error_take(&r->error);
    return NULL;
}

/* Whether it came back. */
static bool await(const thread_job *job, pthread_t thread)
{
    static const double look_seconds = 0.1, spare_seconds = 2;
    const double until = clock_seconds() + job->seconds + spare_seconds;
    for (;;) {
        double left = until - clock_seconds();
        const struct timespec next = clock_after(left < look_seconds ? (left > 0 ? left : 0) : look_seconds);
        if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &next) == 0)
            return true;
        if (left <= 0 || (job->is_vain && job->is_vain(job->user)))
            return false;
    }
}

bool thread_run(const thread_job *job, const char *call)
{
    pthread_t thread;
    run *r = memory_alloc(1, sizeof *r);
    if (!r)
        return false;
    r->job = *job;
    if (thread_start(&thread, run_job, r, call) != ACCEL_OK) {
        memory_free(r);
        return false;
    }
    if (!await(job, thread)) {
        pthread_detach(thread);
        accel_error_raise(ACCEL_ETIMEOUT, call, "%s did not answer within %g s", job->who, job->seconds);
        return false;
    }
    error_restore(&r->error);
    memory_free(r);
    return true;
}
