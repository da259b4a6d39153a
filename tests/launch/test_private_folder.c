/* A folder for a while, wherever TMPDIR points to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/error.h>
#include <accel/log.h>

#include "base/file.h"
#include "base/memory.h"
#include "launch/private_folder.h"

static void goes_with_all_that_is_in_it(void **state)
{
    (void)state;
    struct stat info;
    char *folder = private_folder_create();
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    char *inner = file_join(folder, "inner"), *link = file_join(inner, "link");
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_int_equal(symlink("/tmp", link), 0); /* which stays */
    char *path = memory_copy_string(folder);
    accel_error_raise(ACCEL_EIO, "test", "a failure before"); /* that stands in nobody's way */
    private_folder_remove(folder);
    assert_false(file_exists(path));
    assert_true(file_exists("/tmp"));
    assert_true(accel_error_is_set());
    accel_error_clear();
    memory_free(link);
    memory_free(inner);
    memory_free(path);
    private_folder_remove(NULL);
}

static char said[512];
static void listen(accel_log_level level, const char *line, void *user)
{
    (void)level, (void)user;
    snprintf(said, sizeof said, "%s", line);
}

/* A folder that cannot be made is one line less, not a launch less. */
static void takes_another_folder_and_says_so(void **state)
{
    (void)state;
    static const char *const chosen[][2] = {
        {"/nowhere/at/all", "TMPDIR=/nowhere/at/all: No such file or directory; /tmp is used instead"},
        {"here", "TMPDIR=here: not an absolute path; /tmp is used instead"},
        {"", ""},
    };
    accel_log_set_callback(listen, NULL);
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++) {
        said[0] = '\0';
        setenv("TMPDIR", chosen[i][0], 1);
        char *folder = private_folder_create();
        assert_non_null(folder);
        assert_int_equal(strncmp(folder, "/tmp/", 5), 0);
        assert_string_equal(said, chosen[i][1]);
        private_folder_remove(folder);
        assert_false(accel_error_is_set());
    }
    accel_log_set_callback(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_with_all_that_is_in_it),
        cmocka_unit_test(takes_another_folder_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
