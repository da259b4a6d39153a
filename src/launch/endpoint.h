/* A socket that listens before anybody is told its port, so that no other program can take the port meanwhile. Programs that cannot
   be handed one listen themselves, seconds later: until then no other launcher comes to their port. */
#ifndef ACCEL_LAUNCH_ENDPOINT_H
#define ACCEL_LAUNCH_ENDPOINT_H

#include <stdbool.h>

#include <accel/error.h>

#define ENDPOINT_ADDRESS "127.0.0.1"

typedef struct endpoint {
    int fd;    /* closed on exec; -1 once closed */
    int claim; /* on the port; likewise */
    int port;
} endpoint;

/* Where rank 0 is met, if it is one of this machine's: on this port, of ENDPOINT_ADDRESS or of all addresses where other machines come
   to it. For 0 on one that is free; `any`: also where that one is taken. */
accel_status endpoint_open(endpoint *e, int port, bool any, bool everywhere);

/* The claim stays. */
void endpoint_stop_listening(endpoint *e);
void endpoint_close(endpoint *e);

#endif
