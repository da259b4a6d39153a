/* The profile of an accelerator. */
#ifndef ACCEL_ACCELERATOR_PROFILE_H
#define ACCEL_ACCELERATOR_PROFILE_H

#include "accelerator/facade.h"

typedef struct profile profile;

/* Ends the block that is running, if there is one, with its trace: before the accelerator does. What is on record stays there. */
void profile_finish(facade *f, accelerator *acc);

/* Ends one that is being taken, whose trace is lost. NULL does nothing. */
void profile_free(profile *p);

#endif
