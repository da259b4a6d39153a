/* What a process is told through its environment. */
#ifndef ACCEL_LAUNCH_VARIABLES_H
#define ACCEL_LAUNCH_VARIABLES_H

#include <stdbool.h>
#include <sys/types.h>

#include "launch/plan.h"

typedef struct launch_variables {
    int rank, local_rank; /* among all, and among those of this machine */
    int port;
    int attempt;   /* from 0: how often all were started before */
    int listen_fd; /* -1: none for this process */
    pid_t launcher;
    const char *error_file; /* NULL: none */
} launch_variables;

/* Takes one of them, with NULL as its value where it is taken away; false when it cannot. */
typedef bool variables_take(void *user, const char *name, const char *value);

/* Those that say which of the processes it is and where they meet, one after the other; none where it is alone. False once one could not
   be taken. */
bool variables_of_place(const launch_plan *plan, const launch_variables *values, variables_take *take,
                        void *user);

/* All of them: changes this process's environment; false with errno set when there is no memory for it. */
bool variables_set(const launch_plan *plan, const launch_variables *values);

#endif
