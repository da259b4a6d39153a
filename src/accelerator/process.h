/* What is set once for the whole process. */
#ifndef ACCEL_ACCELERATOR_PROCESS_H
#define ACCEL_ACCELERATOR_PROCESS_H

#include <stdbool.h>

#include <accel/error.h>

/* The engine's threads for one operation. 0: OMP_NUM_THREADS where it is set, else the cores this process may run on
   divided by the processes of the machine. */
accel_status process_set_threads(int threads, int local_world_size);

/* Large matrix products through oneDNN where `wanted` and it pays, or as ACCEL_FAST_MATMUL says. */
accel_status process_set_fast_matmul(bool wanted);

/* Has malloc keep what is freed, large blocks too; in one heap for all threads where processes share the machine, since
   what one thread's heap keeps no other can use. Before threads are started. */
accel_status process_keep_memory(int local_world_size);

#endif
