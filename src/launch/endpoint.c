#include "launch/endpoint.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/socket.h"
#include "launch/plan.h"

static accel_status refuse(int port, int error, bool everywhere)
{
    const char *where = everywhere ? "this machine" : ENDPOINT_ADDRESS;
    if (error == EADDRINUSE && port != 0)
        return accel_error_raise(ACCEL_EIO, PLAN_CALL, "port %d on %s is taken (--main_process_port)", port,
                                 where);
    return accel_error_raise(ACCEL_EIO, PLAN_CALL, "port %d on %s cannot be used: %s (--main_process_port)",
                             port, where, strerror(error));
}

accel_status endpoint_open(endpoint *e, int port, bool any, bool everywhere)
{
    *e = (endpoint){.fd = socket_listen(!everywhere, port)};
    if (e->fd < 0 && any && errno == EADDRINUSE)
        e->fd = socket_listen(!everywhere, 0);
    if (e->fd >= 0 && (e->port = socket_port(e->fd)) > 0)
        return ACCEL_OK;
    int error = errno;
    endpoint_close(e);
    return refuse(port, error, everywhere);
}

void endpoint_close(endpoint *e)
{
    if (e->fd >= 0)
        close(e->fd);
    e->fd = -1;
}
