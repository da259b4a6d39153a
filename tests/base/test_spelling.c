/* What somebody may have meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/spelling.h"

static const char *nearest(const char *word)
{
    static const char *const names[] = {"num_processes", "main_process_port", "cpu", "tee"};
    spelling s = spelling_of(word);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        spelling_consider(&s, names[i]);
    return s.nearest ? s.nearest : "";
}

static void finds_the_nearest(void **state)
{
    (void)state;
    assert_string_equal(nearest("num_processes"), "num_processes");
    assert_string_equal(nearest("num-proceses"), "num_processes");
    assert_string_equal(nearest("nproc_processes"), "num_processes");
    assert_string_equal(nearest("master_process_port"), "main_process_port");
    assert_string_equal(nearest("cup"), "cpu");
    assert_string_equal(nearest("te"), "tee");
    assert_string_equal(nearest("tee=3"), "tee");
    assert_string_equal(nearest("CPU"), "cpu");
    assert_string_equal(nearest("Num_Proceses"), "num_processes");
}

static void leaves_alone_what_is_far(void **state)
{
    (void)state;
    assert_string_equal(nearest("verbose"), "");
    assert_string_equal(nearest(""), "");
    assert_string_equal(nearest("x"), "");
    assert_string_equal(nearest("gpu"), ""); /* another thing, not another spelling */
    assert_string_equal(nearest("tea"), "");
    char long_word[1000];
    memset(long_word, 'n', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    assert_string_equal(nearest(long_word), "");
}

static void takes_hyphens_for_underscores(void **state)
{
    (void)state;
    assert_true(spelling_is("num_processes", "num_processes", 13));
    assert_true(spelling_is("num_processes", "num-processes=2", 13));
    assert_false(spelling_is("num_processes", "num_process", 11));
    assert_false(spelling_is("num_processes", "num_processes2", 14));
    assert_false(spelling_is("num-processes", "num_processes", 13));
    assert_false(spelling_is("cpu", "CPU", 3));
    assert_false(spelling_is("cpu", "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_hyphens_for_underscores),
        cmocka_unit_test(finds_the_nearest),
        cmocka_unit_test(leaves_alone_what_is_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
