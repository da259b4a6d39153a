/* Who comes from a process, as /proc has it. */
#ifndef ACCEL_LAUNCH_LINEAGE_H
#define ACCEL_LAUNCH_LINEAGE_H

#include <sys/types.h>

/* The parent of a process; -1 where there is no such process. */
pid_t lineage_parent(pid_t pid);

/* To a process that is not waited for yet, and to those of its descendants that are in its group: what kill does for a
   whole group, where that has others in it. */
void lineage_signal(pid_t pid, int signal);

#endif
