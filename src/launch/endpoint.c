#include "launch/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "launch/plan.h"

static accel_status refuse(int port, int error)
{
    if (error == EADDRINUSE && port != 0)
        return accel_error_raise(ACCEL_EIO, PLAN_CALL, "port %d on %s is taken (--main_process_port)", port,
                                 ENDPOINT_ADDRESS);
    return accel_error_raise(ACCEL_EIO, PLAN_CALL, "port %d on %s cannot be used: %s (--main_process_port)",
                             port, ENDPOINT_ADDRESS, strerror(error));
}

/* Listens, and learns the port. */
static bool listen_on(int fd, int *port)
{
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof address;
    inet_pton(AF_INET, ENDPOINT_ADDRESS, &address.sin_addr);
    /* A connection of an earlier run that is still being forgotten does not hold the port. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return false;
    *port = ntohs(address.sin_port);
    return true;
}

accel_status endpoint_open(endpoint *e, int port)
{
    *e = (endpoint){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .port = port};
    if (e->fd >= 0 && listen_on(e->fd, &e->port))
        return ACCEL_OK;
    int error = errno;
    endpoint_close(e);
    return refuse(port, error);
}

void endpoint_close(endpoint *e)
{
    if (e->fd >= 0)
        close(e->fd);
    e->fd = -1;
}
