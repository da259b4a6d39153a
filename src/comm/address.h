/* Sockets between the processes of a group. */
#ifndef ACCEL_COMM_ADDRESS_H
#define ACCEL_COMM_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

/* Whether something listens there by `deadline`, of clock_seconds; a connection that is refused is tried again. Gives
   the socket, -1 with the reason in `why`. */
int address_connect(const char *host, int port, double deadline, char *why, size_t capacity);

/* A socket that listens on a port, any free one for 0: on this machine's loopback alone, or everywhere. -1 with errno
   set. */
int address_listen(bool loopback, int port);

int address_port(int fd);

/* The numeric address of this end of a connection. */
bool address_of_socket(int fd, char *text, size_t capacity);

#endif
