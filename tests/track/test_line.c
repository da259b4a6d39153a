#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "track/line.h"

static void expect_clean(const char *given, const char *expected)
{
    char text[64];
    strcpy(text, given);
    line_clean(text);
    assert_string_equal(text, expected);
}

static void keeps_what_is_harmless(void **state)
{
    (void)state;
    expect_clean("", "");
    expect_clean("train 1/2", "train 1/2");
    expect_clean("é 学習 🚀", "é 学習 🚀");
}

static void blanks_what_moves_the_cursor(void **state)
{
    (void)state;
    expect_clean("a\nb\rc\td\033[2Je\x7f", "a b c d [2Je ");
    expect_clean("\xc2\x9b"
                 "2J",
                 "  2J");
}

static void marks_bytes_that_are_not_utf8(void **state)
{
    (void)state;
    expect_clean("a\x80z", "a?z");
    expect_clean("a\xc3", "a?");
    expect_clean("\xe5\xad", "??");
    expect_clean("\xff\xfe", "??");
    expect_clean("\xc0\xaf", "??");
    expect_clean("\xed\xa0\x80", "???");
    expect_clean("\xf4\x90\x80\x80", "????");
    expect_clean("\xf0\x80\x80\xaf", "????");
}

static void counts_columns(void **state)
{
    (void)state;
    assert_int_equal(line_columns(""), 0);
    assert_int_equal(line_columns("abc"), 3);
    assert_int_equal(line_columns("é█▏"), 3);
    assert_int_equal(line_columns("学習"), 4);
    assert_int_equal(line_columns("한글ｗ🚀"), 8);
    assert_int_equal(line_columns("𠀀"), 2);
}

static void fits_whole_characters(void **state)
{
    (void)state;
    assert_int_equal(line_fit("abc", 2), 2);
    assert_int_equal(line_fit("abc", 3), 3);
    assert_int_equal(line_fit("abc", 100), 3);
    assert_int_equal(line_fit("abc", 0), 0);
    assert_int_equal(line_fit("é学x", 1), 2);
    assert_int_equal(line_fit("é学x", 2), 2);
    assert_int_equal(line_fit("é学x", 3), 5);
    assert_int_equal(line_fit("é学x", 4), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_harmless),        cmocka_unit_test(blanks_what_moves_the_cursor),
        cmocka_unit_test(marks_bytes_that_are_not_utf8), cmocka_unit_test(counts_columns),
        cmocka_unit_test(fits_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
