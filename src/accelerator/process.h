/* What is set once for the whole process. */
#ifndef ACCEL_ACCELERATOR_PROCESS_H
#define ACCEL_ACCELERATOR_PROCESS_H

#include <accel/error.h>

/* The engine's threads for one operation. 0: OMP_NUM_THREADS where it is set, else the cores this process may run on
   divided by the processes of the machine. */
accel_status process_set_threads(int threads, int local_world_size);

/* Has malloc keep what is freed, large blocks too. */
void process_keep_memory(void);

#endif
