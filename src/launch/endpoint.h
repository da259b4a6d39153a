/* A socket that listens before anybody is told its port, so that no other program can take the port meanwhile. */
#ifndef ACCEL_LAUNCH_ENDPOINT_H
#define ACCEL_LAUNCH_ENDPOINT_H

#include <accel/error.h>

#define ENDPOINT_ADDRESS "127.0.0.1"

typedef struct endpoint {
    int fd; /* closed on exec; -1 once closed */
    int port;
} endpoint;

/* Listens on this port of ENDPOINT_ADDRESS, for 0 on one that is free. */
accel_status endpoint_open(endpoint *e, int port);
void endpoint_close(endpoint *e);

#endif
