/* The library's own threads. */
#ifndef ACCEL_BASE_THREAD_H
#define ACCEL_BASE_THREAD_H

#include <pthread.h>

#include <accel/error.h>

/* Starts a thread that leaves every signal to the program's own threads. `call` names who starts it in the record. */
accel_status thread_start(pthread_t *thread, void *(*run)(void *), void *argument, const char *call);

#endif
