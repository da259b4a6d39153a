#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "track/number.h"

static void expect_text(double number, const char *expected)
{
    char text[NUMBER_MAX];
    number_print(text, number);
    assert_string_equal(text, expected);
}

static void is_as_short_as_it_can_be(void **state)
{
    (void)state;
    expect_text(0, "0");
    expect_text(-0.0, "-0.0");
    expect_text(3, "3");
    expect_text(-17, "-17");
    expect_text(9007199254740993.0, "9007199254740992");
    expect_text(9999999999999998.0, "9999999999999998");
    expect_text(1e16, "1e+16");
    expect_text(-1e300, "-1e+300");
    expect_text(0.1, "0.1");
    expect_text(0.5, "0.5");
    expect_text(1.0 / 3, "0.3333333333333333");
    expect_text(0.1 + 0.2, "0.30000000000000004");
    expect_text((double)0.1f, "0.10000000149011612");
    expect_text(3e-5, "3e-05");
    expect_text(0.0001, "0.0001");
    expect_text(123456.789, "123456.789");
    expect_text(NAN, "nan");
    expect_text(-NAN, "nan");
    expect_text(INFINITY, "inf");
    expect_text(-INFINITY, "-inf");
}

static void gives_the_same_number_back(void **state)
{
    (void)state;
    const double odd[] = {DBL_MIN, DBL_MAX, DBL_TRUE_MIN, DBL_EPSILON, 1 + DBL_EPSILON, -DBL_MAX, 1e15 + 0.3};
    uint64_t bits = 1;
    for (size_t i = 0; i < 20000; i++) {
        double number = i < sizeof odd / sizeof odd[0] ? odd[i] : 0;
        char text[NUMBER_MAX];
        bits = bits * 6364136223846793005 + 1442695040888963407;
        if (i >= sizeof odd / sizeof odd[0])
            memcpy(&number, &bits, sizeof number);
        if (!isfinite(number))
            continue;
        number_print(text, number);
        double back = strtod(text, NULL);
        assert_memory_equal(&back, &number, sizeof number);
    }
}

/* Locales are made here where the system has what they are made of: one with a comma, one whose point takes two bytes. */
static bool enter_locale(const char *name)
{
    char command[128], made[32], here[4096];
    snprintf(made, sizeof made, "%s.UTF-8", name);
    snprintf(command, sizeof command, "localedef --no-archive -i %s -f UTF-8 ./%s >localedef.log 2>&1", name,
             made);
    if (!getcwd(here, sizeof here) || system(command) != 0)
        return false;
    setenv("LOCPATH", here, 1);
    return setlocale(LC_NUMERIC, made) != NULL;
}

static void has_a_point_in_every_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE", "ps_AF"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!enter_locale(names[i])) {
            print_message("has_a_point_in_every_locale: skipped, no locale %s can be made\n", names[i]);
            skip();
        }
        char plain[8];
        snprintf(plain, sizeof plain, "%.1f", 0.5);
        assert_string_not_equal(plain, "0.5");
        expect_text(-0.5, "-0.5");
        expect_text(1.5e-07, "1.5e-07");
        expect_text(1e300, "1e+300");
        expect_text(3, "3");
    }
    setlocale(LC_NUMERIC, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_as_short_as_it_can_be),
        cmocka_unit_test(gives_the_same_number_back),
        cmocka_unit_test(has_a_point_in_every_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
