/* Processes that run out of work before the others, and then go along with what these do, without adding to it, until nobody
 * has any left.
 *
 *     process 0   call ─ round ─ call ─ round ─ call ─ joining_follow
 *     process 1   call ─ round ─ joining_follow ·······┘
 *
 * While group_joins, whatever processes do together begins with a comparison of frames: what they say is what a process that has
 * joined does, too. Source: torch.distributed.algorithms.Join.
 */
#ifndef ACCEL_COMM_JOINING_H
#define ACCEL_COMM_JOINING_H

#include "comm/gradients.h"
#include "comm/group.h"

/* Goes along until all processes have joined. `models`: those whose gradients are averaged. Collective, outside of calls.
   `*last`: a process that was the last to join, the same everywhere. */
accel_status joining_follow(group *g, gradients *const *models, size_t count, const char *call, int *last);

#endif
