/* Killing processes until none is left: who is killed may have started another one meanwhile. */
#ifndef ACCEL_LAUNCH_KILLING_H
#define ACCEL_LAUNCH_KILLING_H

#include <stddef.h>

/* Kills those that are there, and counts them. */
typedef size_t killing_look(const void *user);

/* Has them killed again and again, until there is none; gives up in time on one that hangs in the kernel. */
void killing_repeat(killing_look *look, const void *user);

#endif
