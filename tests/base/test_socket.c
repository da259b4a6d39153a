/* Sockets that listen: on a free port or a given one, reachable by those who are meant to reach them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/socket.h"

static int connect_to(in_addr_t host, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host)};
    address.sin_port = htons((uint16_t)port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void listens_on_a_free_port(void **state)
{
    (void)state;
    for (int loopback = 0; loopback < 2; loopback++) {
        int a = socket_listen(loopback, 0), b = socket_listen(loopback, 0);
        assert_true(a >= 0 && b >= 0);
        assert_true(socket_port(a) > 0 && socket_port(b) > 0 && socket_port(a) != socket_port(b));
        assert_true(fcntl(a, F_GETFD) & FD_CLOEXEC);
        int fd = connect_to(INADDR_LOOPBACK, socket_port(a));
        assert_true(fd >= 0);
        close(fd);
        close(a);
        close(b);
    }
}

/* 127.0.0.2 is this machine, too, but not the address of the loopback socket. */
static void loopback_is_one_address(void **state)
{
    (void)state;
    int near = socket_listen(true, 0), far = socket_listen(false, 0);
    assert_int_equal(connect_to(INADDR_LOOPBACK + 1, socket_port(near)), -1);
    int fd = connect_to(INADDR_LOOPBACK + 1, socket_port(far));
    assert_true(fd >= 0);
    close(fd);
    close(near);
    close(far);
}

static void refuses_a_taken_port(void **state)
{
    (void)state;
    for (int loopback = 0; loopback < 2; loopback++) {
        int a = socket_listen(loopback, 0);
        assert_int_equal(socket_listen(loopback, socket_port(a)), -1);
        assert_int_equal(errno, EADDRINUSE);
        close(a);
    }
}

static void has_no_port_without_a_socket(void **state)
{
    (void)state;
    assert_int_equal(socket_port(-1), -1);
    assert_int_equal(errno, EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listens_on_a_free_port),
        cmocka_unit_test(loopback_is_one_address),
        cmocka_unit_test(refuses_a_taken_port),
        cmocka_unit_test(has_no_port_without_a_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
