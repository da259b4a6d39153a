/* Flags and keys of a configuration file that a launch does not use: a warning for each. */
#ifndef ACCEL_LAUNCH_UNUSED_H
#define ACCEL_LAUNCH_UNUSED_H

#include "launch/choices.h"
#include "launch/handout.h"

/* Says, one a line, which have no effect on what is handed out, and why. Nothing of what is a default, or of what a flag overrides; of an
   engine that is not in use the first key of the file alone. */
void unused_warn(const choices *c, const handout *h);

#endif
