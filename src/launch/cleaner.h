/* A process that waits for the launcher to be killed, when nobody else is left to kill what its processes started, and to remove
   its directory. */
#ifndef ACCEL_LAUNCH_CLEANER_H
#define ACCEL_LAUNCH_CLEANER_H

#include <sys/types.h>

/* Starts it for this directory; its number, 0 where none can be started: one can do without. It is a child that only
   those find who ask for it, tells nobody of its end, and holds no descriptor. */
pid_t cleaner_start(const char *folder);

/* Ends it, when the directory is gone; 0 does nothing. */
void cleaner_end(pid_t pid);

#endif
