#include "comm/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "base/clock.h"

static void set_flag(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof value);
}

void address_tune(int fd)
{
    set_flag(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_flag(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_flag(fd, IPPROTO_TCP, TCP_KEEPIDLE, 5);
    set_flag(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_flag(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

/* Whether a connection under way is made in time; errno says why not. */
static bool await_connection(int fd, double deadline)
{
    int failure = ETIMEDOUT;
    socklen_t size = sizeof failure;
    if (poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, clock_milliseconds_until(deadline)) > 0)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    errno = failure;
    return failure == 0;
}

static bool connect_to(int fd, const struct addrinfo *a, double deadline)
{
    bool made =
        connect(fd, a->ai_addr, a->ai_addrlen) == 0 || (errno == EINPROGRESS && await_connection(fd, deadline));
    if (made)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return made;
}

static int try_addresses(const struct addrinfo *list, double deadline)
{
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
        if (fd < 0)
            continue;
        if (connect_to(fd, a, deadline)) {
            address_tune(fd);
            return fd;
        }
        int failure = errno;
        close(fd);
        errno = failure;
    }
    return -1;
}

int address_connect(const char *host, int port, bool patient, double deadline, char *why, size_t capacity)
{
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct timespec pause = {.tv_nsec = 5000000};
    for (;;) {
        struct addrinfo *list = NULL;
        int failure = getaddrinfo(host, service, &hints, &list);
        int fd = failure == 0 ? try_addresses(list, deadline) : -1;
        snprintf(why, capacity, "%s", failure == 0 ? strerror(errno) : gai_strerror(failure));
        if (list)
            freeaddrinfo(list);
        if (fd >= 0 || !patient || (failure != 0 && failure != EAI_AGAIN) || clock_seconds() >= deadline)
            return fd;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 200000000)
            pause.tv_nsec *= 2;
    }
}

bool address_of_socket(int fd, char *text, size_t capacity)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return false;
    const struct sockaddr_in6 *newer = (const struct sockaddr_in6 *)&address;
    if (address.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&newer->sin6_addr))
        return inet_ntop(AF_INET, newer->sin6_addr.s6_addr + 12, text, (socklen_t)capacity) != NULL;
    return getnameinfo((struct sockaddr *)&address, size, text, (socklen_t)capacity, NULL, 0, NI_NUMERICHOST) ==
           0;
}
