/* A socket listens before its port is told to anybody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "launch/endpoint.h"

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, ENDPOINT_ADDRESS, &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void listens_on_a_free_port(void **state)
{
    (void)state;
    endpoint a, b;
    assert_int_equal(endpoint_open(&a, 0, false, false), ACCEL_OK);
    assert_int_equal(endpoint_open(&b, 0, false, false), ACCEL_OK);
    assert_true(a.port > 0 && b.port > 0 && a.port != b.port);
    assert_true(fcntl(a.fd, F_GETFD) & FD_CLOEXEC);
    int fd = connect_to(a.port);
    assert_true(fd >= 0);
    close(fd);
    endpoint_close(&a);
    endpoint_close(&b);
    assert_int_equal(a.fd, -1);
    endpoint_close(&a);
}

static void refuses_a_taken_port(void **state)
{
    (void)state;
    endpoint a, b;
    assert_int_equal(endpoint_open(&a, 0, false, false), ACCEL_OK);
    assert_int_equal(endpoint_open(&b, a.port, false, false), ACCEL_EIO);
    char expected[128];
    snprintf(expected, sizeof expected, "port %d on 127.0.0.1 is taken (--main_process_port)", a.port);
    assert_string_equal(accel_error_last()->message, expected);
    assert_int_equal(b.fd, -1);
    accel_error_clear();
    endpoint_close(&a);
}

/* A program of Python listens seconds after it was told where. */
static void keeps_launchers_from_its_port(void **state)
{
    (void)state;
    endpoint a, b;
    assert_int_equal(endpoint_open(&a, 0, false, false), ACCEL_OK);
    int port = a.port;
    endpoint_stop_listening(&a);
    assert_int_equal(connect_to(port), -1);
    assert_int_equal(endpoint_open(&b, port, false, false), ACCEL_EIO);
    accel_error_clear();
    assert_int_equal(endpoint_open(&b, port, true, false), ACCEL_OK);
    assert_true(b.port > 0 && b.port != port);
    endpoint_close(&b);
    endpoint_close(&a);
    assert_int_equal(endpoint_open(&b, port, false, false), ACCEL_OK);
    endpoint_close(&b);
}

/* The side that closes first keeps the connection for a minute, in TIME_WAIT. */
static void takes_a_port_that_is_being_forgotten(void **state)
{
    (void)state;
    endpoint a;
    assert_int_equal(endpoint_open(&a, 0, false, false), ACCEL_OK);
    int port = a.port, client = connect_to(port), server = accept(a.fd, NULL, NULL);
    assert_true(client >= 0 && server >= 0);
    endpoint_close(&a);
    close(server);
    close(client);
    assert_int_equal(endpoint_open(&a, port, false, false), ACCEL_OK);
    assert_int_equal(a.port, port);
    endpoint_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listens_on_a_free_port),
        cmocka_unit_test(refuses_a_taken_port),
        cmocka_unit_test(keeps_launchers_from_its_port),
        cmocka_unit_test(takes_a_port_that_is_being_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
