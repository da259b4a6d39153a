#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"

static int forget_errors(void **state)
{
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    return 0;
}

static void grows(void **state)
{
    (void)state;
    buffer b = {0};
    for (int i = 0; i < 100000; i++) {
        unsigned char byte = (unsigned char)i;
        assert_int_equal(buffer_append(&b, &byte, 1), ACCEL_OK);
        assert_int_equal(b.data[b.size], '\0');
    }
    assert_int_equal(b.size, 100000);
    for (size_t i = 0; i < b.size; i++)
        assert_int_equal((unsigned char)b.data[i], i % 256);
    buffer_dispose(&b);
}

/* Every length around the places where it grows, in one piece. */
static void ends_with_a_zero(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof text);
    for (size_t size = 0; size < sizeof text; size++) {
        buffer b = {0};
        assert_int_equal(buffer_append(&b, text, size), ACCEL_OK);
        assert_int_equal(b.size, size);
        assert_int_equal(strlen(b.data), size);
        buffer_dispose(&b);
        assert_null(b.data);
        assert_int_equal(b.capacity, 0);
        assert_int_equal(buffer_printf(&b, "%.*s", (int)size, text), ACCEL_OK);
        assert_int_equal(buffer_printf(&b, "%s", ""), ACCEL_OK);
        assert_int_equal(strlen(b.data), size);
        buffer_dispose(&b);
    }
}

static void joins_pieces(void **state)
{
    (void)state;
    buffer b = {0};
    buffer_append_string(&b, "one");
    buffer_append(&b, NULL, 0);
    buffer_append(&b, "\0", 1);
    buffer_printf(&b, "%d-%s", 2, "three");
    assert_int_equal(b.size, 11);
    assert_memory_equal(b.data, "one\0002-three", 12);
    buffer_dispose(&b);
    buffer_dispose(&b);
}

static void joins_words(void **state)
{
    (void)state;
    buffer b = {0};
    buffer_append_choice(&b, (const char *const[]){"a", NULL});
    assert_string_equal(b.data, "a");
    buffer_append_choice(&b, (const char *const[]){"", "b", "c", NULL});
    assert_string_equal(b.data, "a, b or c");
    buffer_dispose(&b);
}

static void keeps_what_it_had_when_memory_runs_out(void **state)
{
    (void)state;
    buffer b = {0};
    memory_fail_at(1);
    assert_int_equal(buffer_append_string(&b, "a"), ACCEL_ENOMEM);
    assert_null(b.data);
    accel_error_clear();
    memory_fail_at(0);
    buffer_append_string(&b, "kept");
    char text[200];
    memset(text, 'x', sizeof text);
    memory_fail_at(1);
    assert_int_equal(buffer_append(&b, text, sizeof text), ACCEL_ENOMEM);
    accel_error_clear();
    memory_fail_at(1);
    assert_int_equal(buffer_printf(&b, "%.*s", (int)sizeof text, text), ACCEL_ENOMEM);
    assert_string_equal(b.data, "kept");
    assert_int_equal(b.size, 4);
    buffer_dispose(&b);
}

/* Sizes that no machine has must not wrap around. */
static void refuses_impossible_sizes(void **state)
{
    (void)state;
    buffer b = {0};
    buffer_append_string(&b, "kept");
    const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 2 - 4};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(buffer_append(&b, "", sizes[i]), ACCEL_ENOMEM);
        accel_error_clear();
    }
    assert_string_equal(b.data, "kept");
    buffer_dispose(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, forget_errors, forget_errors)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(grows),
        TEST(ends_with_a_zero),
        TEST(joins_pieces),
        TEST(joins_words),
        TEST(keeps_what_it_had_when_memory_runs_out),
        TEST(refuses_impossible_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
