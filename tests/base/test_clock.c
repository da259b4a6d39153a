#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void never_goes_back(void **state)
{
    (void)state;
    double last = clock_seconds();
    assert_true(last > 0);
    for (int i = 0; i < 10000; i++) {
        double now = clock_seconds();
        assert_true(now >= last);
        last = now;
    }
}

static void stands_still_for_a_test(void **state)
{
    (void)state;
    double before = clock_seconds();
    clock_set_for_test(0);
    assert_true(clock_seconds() == 0);
    clock_set_for_test(12.25);
    assert_true(clock_seconds() == 12.25);
    clock_set_for_test(-1);
    assert_true(clock_seconds() >= before);
}

static void counts_milliseconds_to_a_deadline(void **state)
{
    (void)state;
    clock_set_for_test(10);
    assert_int_equal(clock_milliseconds_until(9), 0);
    assert_int_equal(clock_milliseconds_until(10), 0);
    assert_int_equal(clock_milliseconds_until(10.25), 251);
    assert_int_equal(clock_milliseconds_until(1e9), 3600000);
    clock_set_for_test(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_goes_back),
        cmocka_unit_test(stands_still_for_a_test),
        cmocka_unit_test(counts_milliseconds_to_a_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
