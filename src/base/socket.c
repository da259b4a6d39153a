#include "base/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAITING_MAX = 1024 }; /* connections that nobody has taken yet */

static bool set_flag(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static int bind_and_listen(int fd, const struct sockaddr *address, socklen_t size)
{
    if (set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1) && bind(fd, address, size) == 0 &&
        listen(fd, WAITING_MAX) == 0)
        return fd;
    int failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

static int listen_on(uint32_t host, in_port_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host), .sin_port = port};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : bind_and_listen(fd, (struct sockaddr *)&address, sizeof address);
}

/* Both families through one socket. */
static int listen_on_both(in_port_t port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT, .sin6_port = port};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    return bind_and_listen(fd, (struct sockaddr *)&address, sizeof address);
}

int socket_listen(bool loopback, int port)
{
    in_port_t wanted = htons((in_port_t)port);
    if (loopback)
        return listen_on(INADDR_LOOPBACK, wanted);
    int fd = listen_on_both(wanted);
    return fd >= 0 || errno == EADDRINUSE ? fd : listen_on(INADDR_ANY, wanted);
}

/* A name of Linux's abstract sockets: of no file, gone with its holder, and of one network as ports are. */
int socket_claim(int port)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "accelerate/port/%d", port);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (bind(fd, (const struct sockaddr *)&name, size) == 0)
        return fd;
    int failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

int socket_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return -1;
    if (address.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address)->sin6_port);
    return address.ss_family == AF_INET ? ntohs(((const struct sockaddr_in *)&address)->sin_port) : -1;
}
