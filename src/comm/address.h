/* Sockets between the processes of a group. */
#ifndef ACCEL_COMM_ADDRESS_H
#define ACCEL_COMM_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

/* A connection; -1 with the reason in `why`. It is waited for until `deadline`, of clock_seconds; one that is refused is
   tried again until then where `patient`: who is to be there may still be starting. */
int address_connect(const char *host, int port, bool patient, double deadline, char *why, size_t capacity);

/* Small messages go at once, and a machine that is lost is noticed. */
void address_tune(int fd);

/* The numeric address of this end of a connection. */
bool address_of_socket(int fd, char *text, size_t capacity);

#endif
