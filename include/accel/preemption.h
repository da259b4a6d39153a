/**
 * A machine that is taken away while a program trains on it.
 *
 *     accelerator_watch_preemption(acc);
 *     accel_for_each (batch, train) {
 *         …
 *         if (accelerator_check_preemption(acc)) { // in all processes at the same step
 *             accelerator_save_state(acc, NULL);
 *             return accelerator_finish(acc) ? 1 : ACCEL_EXIT_RESUME;
 *         }
 *     }
 *
 * Batch systems send a signal some time before they end a job, to the launcher or to one of its processes.
 */
#ifndef ACCEL_PREEMPTION_H
#define ACCEL_PREEMPTION_H

#include <stdbool.h>

#include <accel/accelerator.h>

ACCEL_BEGIN_DECLS

/** The exit status of a program that saved its state and wants to be started again: EX_TEMPFAIL. A launch all of whose processes end
    with it ends with it, too, and starts nothing anew. */
#define ACCEL_EXIT_RESUME 75

/**
 * From now on SIGTERM, SIGUSR1 and SIGHUP, with which batch systems and accelerate launch ask a program to end, do not end it, but
 * are remembered for accelerator_check_preemption; SIGINT ends it as ever. What is ignored stays so, and a handler that the program sets
 * afterwards has its signal. They are as before once the accelerator ends. Again: nothing changes. Who never asks is killed when the
 * launcher's --shutdown_timeout is over, or at its second signal.
 *
 * Threads: the accelerator's own.
 */
ACCEL_API accel_status accelerator_watch_preemption(accelerator *acc);

/** Whether some process has been asked to end since it watches: in all of them from then on. False on failure; ACCEL_EINVAL without
    accelerator_watch_preemption. Collective. */
ACCEL_API bool accelerator_check_preemption(accelerator *acc);

ACCEL_END_DECLS

#endif
