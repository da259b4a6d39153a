#include "launch/endpoint.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/socket.h"
#include "launch/call.h"

static accel_status refuse(int port, int error, bool everywhere)
{
    const char *where = everywhere ? "this machine" : ENDPOINT_ADDRESS;
    if (error == EADDRINUSE && port != 0)
        return accel_error_raise(ACCEL_EIO, LAUNCH_CALL, "port %d on %s is taken (--main_process_port)", port,
                                 where);
    return accel_error_raise(ACCEL_EIO, LAUNCH_CALL, "port %d on %s cannot be used: %s (--main_process_port)",
                             port, where, strerror(error));
}

static bool take(endpoint *e, int port, bool everywhere)
{
    e->fd = socket_listen(!everywhere, port);
    e->port = e->fd >= 0 ? socket_port(e->fd) : -1;
    e->claim = e->port > 0 ? socket_claim(e->port) : -1;
    if (e->claim >= 0)
        return true;
    int error = errno;
    endpoint_close(e);
    errno = error;
    return false;
}

/* One that the system gives is free, but for a claim that nobody listens on yet. */
static bool take_any(endpoint *e, bool everywhere)
{
    for (int attempt = 0; attempt < 100; attempt++)
        if (take(e, 0, everywhere))
            return true;
        else if (errno != EADDRINUSE)
            return false;
    return false;
}

accel_status endpoint_open(endpoint *e, int port, bool any, bool everywhere)
{
    if (port ? take(e, port, everywhere) : take_any(e, everywhere))
        return ACCEL_OK;
    if (port && any && errno == EADDRINUSE && take_any(e, everywhere))
        return ACCEL_OK;
    return refuse(port, errno, everywhere);
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void endpoint_stop_listening(endpoint *e) { close_one(&e->fd); }

void endpoint_close(endpoint *e)
{
    close_one(&e->fd);
    close_one(&e->claim);
}
