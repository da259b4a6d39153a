/* The profile of an accelerator. */
#ifndef ACCEL_ACCELERATOR_PROFILE_H
#define ACCEL_ACCELERATOR_PROFILE_H

typedef struct profile profile;

/* Ends one that is being taken, whose trace is lost. NULL does nothing. */
void profile_free(profile *p);

#endif
