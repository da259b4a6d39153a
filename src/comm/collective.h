/* Operations on tensors of all processes. Each is a whole call of the group: collective, verified, explained. In a process
 * that trains alone they are what they would be with one process.
 */
#ifndef ACCEL_COMM_COLLECTIVE_H
#define ACCEL_COMM_COLLECTIVE_H

#include "comm/group.h"

/* Whether a tensor can be sent, and whether one can be written to what came; they record why not. */
bool collective_can_send(const char *call, accel_tensor *tensor);
bool collective_can_receive(const char *call, accel_tensor *tensor);

/* (D0, …) of every process → (P · D0, …), by rank; 0-dimensional ones → (P): new. */
accel_tensor *collective_gather(group *g, const char *call, accel_tensor *tensor);

/* The "sum" over the processes, or their "mean", times `scale`: new. */
accel_tensor *collective_reduce(group *g, const char *call, accel_tensor *tensor, const char *reduction,
                                double scale);

/* Process `root`'s values into everybody's tensor. */
accel_status collective_broadcast(group *g, const char *call, accel_tensor *tensor, int root);

/* Waits until every process is here. */
accel_status collective_barrier(group *g, const char *call);

#endif
