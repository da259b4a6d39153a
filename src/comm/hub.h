/* The hub, in process 0: a thread with a connection to every process of the group, itself included. It tells all of
 * them when everybody is there, when somebody fails, is gone or has finished; the first failure is the one that counts.
 */
#ifndef ACCEL_COMM_HUB_H
#define ACCEL_COMM_HUB_H

#include <stdint.h>

#include <accel/error.h>

typedef struct hub hub;

typedef struct hub_options {
    int listen_fd; /* taken, also on failure */
    int world_size;
    uint64_t secret; /* that every process of the group knows */
    double timeout;  /* seconds for all to arrive */
} hub_options;

hub *hub_start(const hub_options *options);

/* Ends the thread, a second later at most: what was said last still reaches everybody. NULL does nothing. */
void hub_stop(hub *h);

#endif
