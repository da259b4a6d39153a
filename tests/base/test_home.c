/* Where a path with "~" leads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/home.h"
#include "base/memory.h"

static void expect(const char *path, const char *expected)
{
    char *full = home_expand(path);
    assert_string_equal(full, expected);
    memory_free(full);
}

static void goes_where_the_environment_says(void **state)
{
    (void)state;
    setenv("HOME", "/of mine", 1);
    expect("~", "/of mine");
    expect("~/", "/of mine");
    expect("~/a/b", "/of mine/a/b");
    setenv("HOME", "", 1); /* as Python has it */
    expect("~/a", "/a");
}

static void leaves_other_paths(void **state)
{
    (void)state;
    expect("", "");
    expect("a/~/b", "a/~/b");
    expect("~somebody/a", "~somebody/a");
}

/* As under cron, or env -i. */
static void asks_the_system(void **state)
{
    (void)state;
    const struct passwd *user = getpwuid(getuid());
    unsetenv("HOME");
    if (user) {
        char expected[4096];
        strcpy(expected, user->pw_dir);
        expect("~/", user->pw_dir);
        expect("~/a", strcat(strcat(expected, strcmp(user->pw_dir, "/") ? "/" : ""), "a"));
    } else {
        assert_null(home_expand("~/a"));
        assert_int_equal(accel_error_status(), ACCEL_ENOTFOUND);
        accel_error_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_where_the_environment_says),
        cmocka_unit_test(leaves_other_paths),
        cmocka_unit_test(asks_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
