/**
 * Several processes from within a program: what `accelerate launch` does, without a command.
 *
 *     static int train(void *user)
 *     {
 *         accelerator *acc = accelerator_create();
 *         …
 *         return accelerator_finish(acc);
 *     }
 *
 *     int main(void)
 *     {
 *         return accelerator_spawn(train, NULL, 2);
 *     }
 */
#ifndef ACCEL_SPAWN_H
#define ACCEL_SPAWN_H

#include <accel/compiler.h>

ACCEL_BEGIN_DECLS

/** What each process runs; its result is the process's exit status. */
typedef int accel_spawn_function(void *user);

/**
 * Runs function(user) in several processes of this machine that train together, and waits for all of them.
 *
 * Each is a copy of this process as it is now, made by fork, that finds its rank in its environment as under
 * `accelerate launch` and ends with the function. It shares nothing with the others: what it changes, `user` included,
 * it changes in its own copy. Its signals are set as at the start of a program, its standard input is empty but for the
 * first's, which has the terminal, too, and the program's atexit functions run in each; results above 255 are cut. The
 * first process that fails ends the others: after two seconds they are asked to end by SIGTERM, after 30 more killed. Signals that ask this process to
 * end are passed on; nobody is left afterwards, and the signal settings of this process are as before.
 *
 * @param function       called once in each process
 * @param user           borrowed; passed on, may be NULL
 * @param num_processes  from 1 to 1024
 * @return what one line on standard error explains unless it is 0:
 *         - 0: every process ended with 0;
 *         - ACCEL_EXIT_RESUME (75): every process ended with that;
 *         - the exit status of the process that failed first, or 128 plus the number of the signal that ended it;
 *         - 128 plus the number of the signal that asked this process to end;
 *         - 1: the processes could not be started, and that line is recorded: ACCEL_EINVAL for a number out of range or after
 *           something was computed in this process, which runs more than one thread then, so that a copy would hang; ACCEL_EIO.
 * Threads: from the only one.
 * Source:  accelerate.debug_launcher, accelerate.notebook_launcher; a failed process is an exit status rather than an
 *          exception.
 */
ACCEL_API int accelerator_spawn(accel_spawn_function *function, void *user, int num_processes);

ACCEL_END_DECLS

#endif
