#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <accel/error.h>

#include "base/memory.h"

static int forget_errors(void **state)
{
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    return 0;
}

static void gives_zeroed_storage(void **state)
{
    (void)state;
    unsigned char *storage = memory_alloc(1000, 3);
    assert_non_null(storage);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(storage[i], 0);
    memory_free(storage);
    memory_free(NULL);
}

static void gives_storage_for_no_items(void **state)
{
    (void)state;
    void *storage = memory_alloc(0, 8);
    assert_non_null(storage);
    storage = memory_resize(storage, 0, 8);
    assert_non_null(storage);
    memory_free(storage);
    assert_false(accel_error_is_set());
}

static void keeps_contents_when_resized(void **state)
{
    (void)state;
    int *numbers = memory_resize(NULL, 4, sizeof *numbers);
    assert_non_null(numbers);
    for (int i = 0; i < 4; i++)
        numbers[i] = i;
    numbers = memory_resize(numbers, 100000, sizeof *numbers);
    assert_non_null(numbers);
    for (int i = 0; i < 4; i++)
        assert_int_equal(numbers[i], i);
    memory_free(numbers);
}

static void copies_text(void **state)
{
    (void)state;
    char *whole = memory_copy_string("text"), *part = memory_copy_bytes("text", 2),
         *none = memory_copy_bytes("", 0);
    assert_string_equal(whole, "text");
    assert_string_equal(part, "te");
    assert_string_equal(none, "");
    memory_free(whole);
    memory_free(part);
    memory_free(none);
}

static void refuses_sizes_that_overflow(void **state)
{
    (void)state;
    assert_null(memory_alloc(SIZE_MAX / 2 + 1, 2));
    assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
    char expected[80];
    snprintf(expected, sizeof expected, "no memory for %zu items of 2 bytes", SIZE_MAX / 2 + 1);
    assert_string_equal(accel_error_last()->message, expected);
    accel_error_clear();
    char *kept = memory_copy_string("kept");
    assert_null(memory_resize(kept, SIZE_MAX / 8 + 1, 8));
    assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
    assert_string_equal(kept, "kept");
    memory_free(kept);
}

/* Three allocations; false when one fails. */
static bool allocate_three(void)
{
    void *first = memory_alloc(1, 1), *second = memory_resize(NULL, 2, 8);
    char *third = memory_copy_string("third");
    bool all = first && second && third;
    memory_free(first);
    memory_free(second);
    memory_free(third);
    return all;
}

static void fails_the_nth_allocation_once(void **state)
{
    (void)state;
    memory_fail_at(0);
    assert_true(allocate_three());
    for (size_t nth = 1; nth <= 3; nth++) {
        assert_int_equal(memory_fail_at(nth), 3);
        assert_false(allocate_three());
        assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
        accel_error_clear();
    }
    assert_int_equal(memory_fail_at(4), 3);
    assert_true(allocate_three());
    assert_false(allocate_three());
    accel_error_clear();
    assert_int_equal(memory_fail_at(0), 6);
    assert_true(allocate_three());
    assert_false(accel_error_is_set());
}

/* The old storage survives a resize that fails. */
static void keeps_old_storage_on_failure(void **state)
{
    (void)state;
    char *text = memory_copy_string("kept");
    memory_fail_at(1);
    assert_null(memory_resize(text, 1000, 1));
    assert_string_equal(text, "kept");
    memory_free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, forget_errors, forget_errors)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_zeroed_storage),         TEST(gives_storage_for_no_items),
        TEST(keeps_contents_when_resized),  TEST(copies_text),
        TEST(refuses_sizes_that_overflow),  TEST(fails_the_nth_allocation_once),
        TEST(keeps_old_storage_on_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
