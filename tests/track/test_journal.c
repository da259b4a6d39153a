#include "track/folder.h"

#include <signal.h>
#include <sys/resource.h>

#include "track/journal.h"

static void append(journal *j, const char *text)
{
    assert_int_equal(journal_append(j, text, strlen(text)), ACCEL_OK);
}

static void grows(void **state)
{
    (void)state;
    journal j = {0};
    assert_int_equal(journal_close(&j), ACCEL_OK);
    assert_int_equal(journal_open(&j, in_folder("a")), ACCEL_OK);
    assert_true(journal_ends_line(&j));
    append(&j, "one\n");
    expect_content("a", "one\n");
    append(&j, "tw");
    assert_false(journal_ends_line(&j));
    assert_int_equal(journal_close(&j), ACCEL_OK);
    assert_int_equal(journal_open(&j, in_folder("a")), ACCEL_OK);
    assert_int_equal(j.size, 6);
    append(&j, "o\n");
    append(&j, "");
    assert_true(journal_ends_line(&j));
    expect_content("a", "one\ntwo\n");
    assert_int_equal(journal_close(&j), ACCEL_OK);
    assert_null(j.path);
}

static void makes_a_file_that_nobody_had(void **state)
{
    (void)state;
    journal j = {0};
    assert_int_equal(journal_create(&j, in_folder("a")), ACCEL_OK);
    assert_int_equal(journal_close(&j), ACCEL_OK);
    journal_create(&j, in_folder("a"));
    expect_failure(ACCEL_EIO, "a", "cannot be written: File exists");
    journal_open(&j, in_folder("none/a"));
    expect_failure(ACCEL_EIO, "none/a", "cannot be written: No such file or directory");
    assert_null(j.path);
}

/* The disk takes only the first bytes of the piece. */
static void takes_back_half_a_piece(void **state)
{
    (void)state;
    journal j = {0};
    struct rlimit limit, small = {.rlim_cur = 6};
    assert_int_equal(journal_open(&j, in_folder("a")), ACCEL_OK);
    append(&j, "one\n");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    small.rlim_max = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    accel_status status = journal_append(&j, "two\n", 4);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status, ACCEL_EIO);
    expect_failure(ACCEL_EIO, "a", "cannot be written: File too large");
    expect_content("a", "one\n");
    append(&j, "2\n");
    expect_content("a", "one\n2\n");
    assert_int_equal(journal_close(&j), ACCEL_OK);
}

static void says_that_a_device_is_full(void **state)
{
    (void)state;
    journal j = {0};
    assert_int_equal(symlink("/dev/full", in_folder("a")), 0);
    assert_int_equal(journal_open(&j, in_folder("a")), ACCEL_OK);
    journal_append(&j, "x\n", 2);
    expect_failure(ACCEL_EIO, "a", "cannot be written: No space left on device; its last line is cut short");
    assert_int_equal(journal_close(&j), ACCEL_OK);
}

static void has_a_file_to_itself(void **state)
{
    (void)state;
    journal first = {0}, second = {0};
    assert_int_equal(journal_open(&first, in_folder("a")), ACCEL_OK);
    journal_open(&second, in_folder("a"));
    expect_failure(ACCEL_EINVAL, "a", "a run of the same name is writing it");
    assert_int_equal(journal_close(&first), ACCEL_OK);
    assert_int_equal(journal_open(&second, in_folder("a")), ACCEL_OK);
    assert_int_equal(journal_close(&second), ACCEL_OK);
}

static void goes_on_with_another_file_of_its_name(void **state)
{
    (void)state;
    journal j = {0}, other = {0};
    assert_int_equal(journal_open(&j, in_folder("a")), ACCEL_OK);
    append(&j, "old\n");
    put("a", "new\n");
    assert_int_equal(journal_reopen(&j), ACCEL_OK);
    append(&j, "more\n");
    expect_content("a", "new\nmore\n");

    /* Where that fails the next append does it. */
    put("a", "newest\n");
    assert_int_equal(journal_open(&other, in_folder("a")), ACCEL_OK);
    assert_int_equal(journal_reopen(&j), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(journal_append(&j, "never\n", 6), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(journal_close(&other), ACCEL_OK);
    append(&j, "again\n");
    expect_content("a", "newest\nagain\n");
    assert_int_equal(journal_close(&j), ACCEL_OK);
}

static void does_nothing_after_a_failure(void **state)
{
    (void)state;
    journal j = {0};
    assert_int_equal(journal_open(&j, in_folder("a")), ACCEL_OK);
    accel_error_raise(ACCEL_EFORMAT, "before", "first");
    assert_int_equal(journal_append(&j, "x", 1), ACCEL_EFORMAT);
    assert_int_equal(journal_close(&j), ACCEL_EFORMAT);
    assert_null(j.path);
    assert_int_equal(journal_open(&j, in_folder("a")), ACCEL_EFORMAT);
    accel_error_clear();
    expect_content("a", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(grows),
        TEST(makes_a_file_that_nobody_had),
        TEST(takes_back_half_a_piece),
        TEST(says_that_a_device_is_full),
        TEST(has_a_file_to_itself),
        TEST(goes_on_with_another_file_of_its_name),
        TEST(does_nothing_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
