#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "track/proto.h"

static void expect_bytes(buffer *message, const char *bytes, size_t size)
{
    assert_int_equal(message->size, size);
    assert_memory_equal(message->data, bytes, size);
    buffer_dispose(message);
}

/* The examples of the format's own description, and numbers around its borders. */
static void encodes_integers(void **state)
{
    (void)state;
    const struct {
        uint64_t value;
        const char *bytes;
        size_t size;
    } rows[] = {{0, "\x08\0", 2},
                {1, "\x08\x01", 2},
                {127, "\x08\x7f", 2},
                {128, "\x08\x80\x01", 3},
                {150, "\x08\x96\x01", 3},
                {300, "\x08\xac\x02", 3},
                {16383, "\x08\xff\x7f", 3},
                {16384, "\x08\x80\x80\x01", 4},
                {UINT64_MAX, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buffer message = {0};
        proto_integer(&message, 1, rows[i].value);
        expect_bytes(&message, rows[i].bytes, rows[i].size);
    }
}

static void encodes_what_else_there_is(void **state)
{
    (void)state;
    buffer message = {0}, inner = {0}, nothing = {0};
    proto_string(&message, 2, "testing");
    proto_string(&message, 2, "");
    proto_float(&message, 3, 1);
    proto_double(&message, 4, -2);
    proto_bytes(&message, 16, "\0\1", 2);
    proto_integer(&inner, 1, 150);
    proto_message(&message, 3, &inner);
    proto_message(&message, 3, &nothing);
    assert_null(inner.data);
    expect_bytes(&message,
                 "\x12\x07testing"
                 "\x12\0"
                 "\x1d\0\0\x80\x3f"
                 "\x21\0\0\0\0\0\0\0\xc0"
                 "\x82\x01\x02\0\1"
                 "\x1a\x03\x08\x96\x01"
                 "\x1a\0",
                 9 + 2 + 5 + 9 + 5 + 5 + 2);
}

static void records_that_memory_ran_out(void **state)
{
    (void)state;
    buffer message = {0};
    memory_fail_at(1);
    proto_string(&message, 1, "text");
    memory_fail_at(0);
    assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
    accel_error_clear();
    buffer_dispose(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_integers),
        cmocka_unit_test(encodes_what_else_there_is),
        cmocka_unit_test(records_that_memory_ran_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
