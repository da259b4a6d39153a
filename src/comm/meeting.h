/* How the processes of a group find each other: through a store at MASTER_ADDR and MASTER_PORT, in which process 0 says
 * where its hub listens. */
#ifndef ACCEL_COMM_MEETING_H
#define ACCEL_COMM_MEETING_H

#include <stdint.h>

#include "base/environment.h"
#include "engine/group.h"

typedef struct meeting {
    environment_endpoint endpoint;
    bool local;          /* all processes are on this machine, by the address */
    engine_store *store; /* this group's part of it */
    int listen_fd;       /* of the hub to come, in process 0; -1: none */
    int port;            /* of the hub */
    uint64_t secret;
    char address[64]; /* of this process, once it has connected */
} meeting;

/* On failure, too, meeting_close. */
accel_status meeting_open(meeting *m, const environment_ranks *ranks, double timeout);

int meeting_take_listen_fd(meeting *m);

/* A connection to the hub; -1 on failure. */
int meeting_connect(meeting *m, double timeout);

void meeting_close(meeting *m);

#endif
