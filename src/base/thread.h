/* The library's own threads. */
#ifndef ACCEL_BASE_THREAD_H
#define ACCEL_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include <accel/error.h>

/* Starts a thread that leaves every signal to the program's own threads. `call` names who starts it in the record. */
accel_status thread_start(pthread_t *thread, void *(*run)(void *), void *argument, const char *call);

/* What may never return, or starts threads of others, which are to leave signals alone, too. */
typedef struct thread_job {
    accel_status (*work)(void *argument);
    void *argument;
    double seconds;              /* for it; two more to say itself why they passed */
    bool (*is_vain)(void *user); /* whether there is no need to wait longer; NULL: never */
    void *user;
    const char *who; /* is waited for */
} thread_job;

/* Runs it on such a thread and takes over its record. False when it is still at work after its time or in vain, or never
   began: then never free `argument`; the record is ACCEL_ETIMEOUT, "`who` did not answer within 3 s". */
bool thread_run(const thread_job *job, const char *call);

#endif
