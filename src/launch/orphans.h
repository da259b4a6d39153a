/* Who outlives the process that started it: the system gives such processes to this one, the nearest ancestor that asks
 * for them, whatever groups and sessions they moved to. */
#ifndef ACCEL_LAUNCH_ORPHANS_H
#define ACCEL_LAUNCH_ORPHANS_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

#include "base/buffer.h"

typedef struct orphans {
    int reaper_before; /* whether this process asked for them already */
    buffer known;      /* pid_t after pid_t: children that are no orphans */
    double looked_at;
    double look_again; /* when to reap again; INFINITY: none has ended */
} orphans;

/* Asks for them from now on. Children that this process has already are somebody else's business. */
accel_status orphans_adopt(orphans *o);

/* A child that this process starts itself. */
accel_status orphans_except(orphans *o, int pid);

/* Lets go of those that ended; looks at most once a second, since it may have to look at every process there is. */
void orphans_reap(orphans *o);

/* Kills them and whoever they leave behind, until nobody is left. */
void orphans_kill(orphans *o);

/* As before orphans_adopt. */
void orphans_give_back(orphans *o);

#endif
