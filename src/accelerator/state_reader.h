/* A state that is read: what is wrong with it is found before anything changes. */
#ifndef ACCEL_ACCELERATOR_STATE_READER_H
#define ACCEL_ACCELERATOR_STATE_READER_H

#include "accelerator/facade.h"

typedef struct state_reader state_reader;

/* Reads and checks everything: new. NULL on failure. The path is borrowed. */
state_reader *state_reader_open(facade *f, const char *folder);
void state_reader_close(state_reader *r); /* NULL does nothing */

/* Puts it in place. */
accel_status state_reader_apply(state_reader *r);

#endif
