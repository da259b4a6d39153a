/* What the tests of this folder launch.
 *
 *     probe meet         rank 0 listens on MASTER_PORT already, with the descriptor that it was given and nobody else has,
 *                        and every other rank reaches it there
 *     probe chat COUNT   writes lines to standard output and standard error
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int number(const char *name)
{
    const char *text = getenv(name);
    return text ? atoi(text) : -1;
}

static int fail(const char *what)
{
    fprintf(stderr, "rank %d: %s\n", number("RANK"), what);
    return 1;
}

static int listens(int fd)
{
    int on = 0;
    socklen_t size = sizeof on;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) == 0 && on;
}

static int count_listening(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += listens(fd);
    return count;
}

static int receive(void)
{
    int fd = number("ACCEL_MASTER_LISTEN_FD");
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (fd < 0 || !listens(fd) || count_listening() != 1)
        return fail("does not listen with the descriptor it was given");
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        ntohs(address.sin_port) != number("MASTER_PORT"))
        return fail("listens elsewhere");
    for (int i = 1; i < number("WORLD_SIZE"); i++) {
        char rank = 0;
        int peer = accept(fd, NULL, NULL);
        if (peer < 0 || read(peer, &rank, 1) != 1)
            return fail("nobody came");
        close(peer);
    }
    return 0;
}

static int reach(void)
{
    if (getenv("ACCEL_MASTER_LISTEN_FD") || count_listening() != 0)
        return fail("has a descriptor that is not for it");
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((unsigned short)number("MASTER_PORT"));
    inet_pton(AF_INET, getenv("MASTER_ADDR"), &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 || write(fd, "x", 1) != 1)
        return fail("nobody listens");
    close(fd);
    return 0;
}

static int chat(int count)
{
    for (int i = 0; i < count; i++) {
        printf("out %d.%d %.*s\n", number("RANK"), i, 20 + i % 60,
               "################################################################################");
        fprintf(stderr, "err %d.%d\n", number("RANK"), i);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "meet") == 0)
        return number("RANK") == 0 ? receive() : reach();
    if (argc == 3 && strcmp(argv[1], "chat") == 0)
        return chat(atoi(argv[2]));
    return fail("unknown words");
}
