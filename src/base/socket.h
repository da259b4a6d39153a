/* Sockets that processes are met on. */
#ifndef ACCEL_BASE_SOCKET_H
#define ACCEL_BASE_SOCKET_H

#include <stdbool.h>

/* Listens on a port, any free one for 0: on this machine's loopback alone, or everywhere. Closed on exec; -1 with errno
   set. A connection of an earlier run that is still being forgotten does not hold the port. */
int socket_listen(bool loopback, int port);

/* Keeps launchers on this machine from a port that nobody listens on yet, until it is closed. Closed on exec; -1 with errno set,
   EADDRINUSE where another holds it. */
int socket_claim(int port);

/* Of this end; -1 with errno set. */
int socket_port(int fd);

#endif
