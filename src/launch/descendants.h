/* Who was started by a launcher that is gone: known by what its processes were handed, and handed on. */
#ifndef ACCEL_LAUNCH_DESCENDANTS_H
#define ACCEL_LAUNCH_DESCENDANTS_H

/* Kills every process in whose environment the file for reports is in this folder, and whoever they start meanwhile, until none is
   left. One that was given another environment is not found, nor is one of another user. */
void descendants_kill(const char *folder);

#endif
