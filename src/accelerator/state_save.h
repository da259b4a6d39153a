/* A save of a state under way: by this thread, or by one of its own. */
#ifndef ACCEL_ACCELERATOR_STATE_SAVE_H
#define ACCEL_ACCELERATOR_STATE_SAVE_H

#include <accel/error.h>

typedef struct state_save state_save;

/* Waits for its thread, frees it and records its failure; NULL does nothing. */
accel_status state_save_finish(state_save *save);

/* Does not have it wait for other processes any more. */
void state_save_hurry(state_save *save);

#endif
