/* Every change that this library makes to the disk is a step: a test may have the process end before any of them. */
#ifndef ACCEL_BASE_DISK_H
#define ACCEL_BASE_DISK_H

#include <stddef.h>

/* Before each write, sync, rename, link, removal, and making of a file or directory. */
void disk_step(void);

/* Fault injection for tests: the n-th step from now kills the process, 0 turns it off. Returns how many steps were made since the
   last call. */
size_t disk_die_at(size_t nth);

#endif
