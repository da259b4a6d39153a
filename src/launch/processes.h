/* The processes of this machine, as /proc lists them. */
#ifndef ACCEL_LAUNCH_PROCESSES_H
#define ACCEL_LAUNCH_PROCESSES_H

#include <dirent.h>
#include <sys/types.h>

/* The next one of "/proc", opened; 0 after the last. */
pid_t processes_next(DIR *list);

#endif
