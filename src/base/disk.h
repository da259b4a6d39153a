/* Every change that this library makes to the disk is a step: a test may have any of them fail, or the process end before it. */
#ifndef ACCEL_BASE_DISK_H
#define ACCEL_BASE_DISK_H

#include <stdbool.h>
#include <stddef.h>

/* Before each write, sync, rename, link, removal, and making of a file or directory. False: it is to fail, for the reason in errno. */
bool disk_step(void);

/* Fault injection for tests: the n-th step from now fails as on a broken disk, or kills the process; 0 turns it off. Each returns how
   many steps were made since the last call of either. */
size_t disk_fail_at(size_t nth);
size_t disk_die_at(size_t nth);

#endif
