#include "base/thread.h"

#include <signal.h>
#include <string.h>

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
