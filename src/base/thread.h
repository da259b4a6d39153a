/* The library's own threads. */
#ifndef ACCEL_BASE_THREAD_H
#define ACCEL_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include <accel/error.h>

/* Starts a thread that leaves every signal to the program's own threads. `call` names who starts it in the record. */
accel_status thread_start(pthread_t *thread, void *(*run)(void *), void *argument, const char *call);

/* Runs `work` on such a thread and takes over its record: for what may never return, and for what starts threads of others,
   which then leave signals alone, too. False when it is still at work after `seconds`, or never began: then never free
   `argument`; the record is ACCEL_ETIMEOUT, "`who` did not answer". */
bool thread_run(accel_status (*work)(void *argument), void *argument, double seconds, const char *who,
                const char *call);

#endif
