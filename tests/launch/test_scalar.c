/* What values without quotes are to PyYAML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "launch/scalar.h"

static void expect(configuration_kind kind, const char *const *texts)
{
    for (; *texts; texts++) {
        if (scalar_resolve(*texts) != kind)
            fail_msg("\"%s\" is of kind %d", *texts, scalar_resolve(*texts));
        assert_true(kind == CONFIGURATION_TEXT || !scalar_is_plain(*texts));
    }
}

#define EXPECT(kind, ...) expect(kind, (const char *const[]){__VA_ARGS__, NULL})

static void resolves(void **state)
{
    (void)state;
    EXPECT(CONFIGURATION_TRUTH, "yes", "No", "TRUE", "false", "on", "OFF");
    EXPECT(CONFIGURATION_NULL, "", "~", "null", "Null", "NULL");
    EXPECT(CONFIGURATION_WHOLE, "0", "-0", "+7", "1_000", "017", "0_7", "0b101", "0x1F_", "-0x0");
    EXPECT(CONFIGURATION_NUMBER, "1.", "-1.5", "1_0.0_1", ".5", "1.5e+3", "1.E-10", ".inf", "-.INF", ".nan");
    EXPECT(CONFIGURATION_TEXT, "yES", "nULL", "08", "0b2", "0x", "1e3", "1.5e3", "-.5", "-.nan", ".", "_1",
           "1.2.3", "--1", "inf", "1 ", "0b");
}

static void quotes_what_means_something_else(void **state)
{
    (void)state;
    static const char *const meant[] = {"2001-1-31", "2001-12-31T10:00", "1:30", "-1:59:00.5", "<<", "="};
    static const char *const plain[] = {"201-1-31", "2001-123-1", "1:60", "0:30", "1:", "<", "cuda:0", "a b"};
    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++)
        assert_false(scalar_is_plain(meant[i]));
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        assert_true(scalar_is_plain(plain[i]));
}

static void reads_numbers_within_limits(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "x", "7x", "7 ", "nan", "1e999", "-1.5", "10.5", "99999999999999999999"};
    double value;
    assert_true(scalar_read_number("-1", -1, 10, &value) && value == -1);
    assert_true(scalar_read_number("1e1", -1, 10, &value) && value == 10);
    assert_true(scalar_read_whole("010", -1, 10, &value) && value == 10);
    assert_false(scalar_read_whole("1e1", -1, 10, &value));
    assert_false(scalar_read_whole("1.0", -1, 10, &value));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(scalar_read_number(wrong[i], -1, 10, &value));
        assert_false(scalar_read_whole(wrong[i], -1, 10, &value));
    }
}

static void expect_spelled(configuration_kind kind, const char *text, const char *spelled)
{
    char *made = scalar_spell(kind, text);
    assert_string_equal(made, spelled);
    memory_free(made);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000000000"

static void spells_numbers_of_any_length(void **state)
{
    (void)state;
    expect_spelled(CONFIGURATION_NUMBER, "0." ZEROS "1", "1e-71");
    expect_spelled(CONFIGURATION_NUMBER, "1" ZEROS ".0", "1e+70");
    expect_spelled(CONFIGURATION_NUMBER, "1_000.5_0", "1000.5");
    expect_spelled(CONFIGURATION_WHOLE, "0_" ZEROS "17", "15");
    expect_spelled(CONFIGURATION_WHOLE, "-1" ZEROS, "-1" ZEROS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves),
        cmocka_unit_test(reads_numbers_within_limits),
        cmocka_unit_test(quotes_what_means_something_else),
        cmocka_unit_test(spells_numbers_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
