/* Numbered states of a project: which names have a number, which numbers there are, which of them go. */
#include "files.h"
#include "names.h"

#include "base/directory.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/series.h"

static void make(const char *name)
{
    const char *path = path_of(name);
    assert_int_equal(file_make_directories(path), ACCEL_OK);
}

static void expect_names(const char *folder, const char *expected)
{
    expect_names_in(path_of(folder), expected);
}

static void reads_numbers(void **state)
{
    static const struct {
        const char *path;
        int64_t number;
    } cases[] = {
        {"checkpoint_0", 0},
        {"checkpoint_3", 3},
        {"a/checkpoints/checkpoint_12", 12},
        {"/checkpoint_7", 7},
        {"checkpoint_9/checkpoint_4", 4},
        {"checkpoint_999999999999999999", 999999999999999999},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (series_number(cases[i].path) != cases[i].number)
            fail_msg("%s: expected %lld, got %lld", cases[i].path, (long long)cases[i].number,
                     (long long)series_number(cases[i].path));
}

static void knows_slashes_at_the_end(void **state)
{
    (void)state;
    assert_int_equal(series_number("checkpoint_3/"), 3);
    assert_int_equal(series_number("a/checkpoints/checkpoint_12//"), 12);
    assert_int_equal(series_number("checkpoint_3/."), -1);
    assert_int_equal(series_number("/"), -1);
    assert_int_equal(series_number("//"), -1);
}

static void knows_names_without_a_number(void **state)
{
    static const char *const names[] = {
        "",
        "checkpoint",
        "checkpoint_",
        "checkpoint_03",
        "checkpoint_00",
        "checkpoint_-1",
        "checkpoint_+1",
        "checkpoint_ 1",
        "checkpoint_1 ",
        "checkpoint_1x",
        "checkpoint_0x1",
        "checkpoint_1.5",
        "checkpoint-1",
        "Checkpoint_1",
        "my_checkpoint_1",
        "checkpoint_1000000000000000000",
        "checkpoint_1111111111111111111111111111111111111111111111111111111111111111111111111111111111111",
        ".checkpoint_1.saving-0123456789abcdef",
        "checkpoint_1/best",
        "best",
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (series_number(names[i]) != -1)
            fail_msg("\"%s\" has number %lld", names[i], (long long)series_number(names[i]));
}

static void names_them(void **state)
{
    (void)state;
    char *path = series_path("project", 41);
    assert_string_equal(path, "project/checkpoints/checkpoint_41");
    assert_int_equal(series_number(path), 41);
    memory_free(path);
}

static void finds_numbers(void **state)
{
    (void)state;
    assert_int_equal(series_highest(path_of("nothing")), -1);
    make("p/checkpoints");
    assert_int_equal(series_highest(path_of("p")), -1);
    make("p/checkpoints/checkpoint_2");
    make("p/checkpoints/checkpoint_10");
    make("p/checkpoints/checkpoint_9");
    make("p/checkpoints/checkpoint_011");
    make("p/checkpoints/checkpoint_best");
    make("p/checkpoint_12");
    assert_int_equal(series_highest(path_of("p")), 10);
    assert_int_equal(series_below(path_of("p"), 11), 10);
    assert_int_equal(series_below(path_of("p"), 10), 9);
    assert_int_equal(series_below(path_of("p"), 9), 2);
    assert_int_equal(series_below(path_of("p"), 2), -1);
    assert_int_equal(series_below(path_of("p"), 0), -1);
    expect_no_failure();
}

static void says_why_it_cannot_look(void **state)
{
    (void)state;
    make("p");
    FILE_OF("p/checkpoints", "");
    assert_int_equal(series_highest(path_of("p")), -1);
    expect_file_failure(ACCEL_ENOTFOUND, "", "p/checkpoints", ": cannot be read: Not a directory");
}

static void removes_the_lowest(void **state)
{
    (void)state;
    make("p/checkpoints/checkpoint_2/inner");
    FILE_OF("p/checkpoints/checkpoint_2/inner/a", "a");
    make("p/checkpoints/checkpoint_9");
    make("p/checkpoints/checkpoint_10");
    make("p/checkpoints/best");
    assert_int_equal(series_limit(path_of("p"), 3, 10), ACCEL_OK);
    expect_names("p/checkpoints", "best checkpoint_10 checkpoint_2 checkpoint_9");
    assert_int_equal(series_limit(path_of("p"), 2, 10), ACCEL_OK);
    expect_names("p/checkpoints", "best checkpoint_10 checkpoint_9");
    assert_int_equal(series_limit(path_of("p"), 0, 10), ACCEL_OK);
    expect_names("p/checkpoints", "best checkpoint_10");
    assert_int_equal(series_limit(path_of("nothing"), 1, 0), ACCEL_OK);
    expect_names("p", "checkpoints");
}

/* Who goes on from an early state saves a number below those that are there. */
static void keeps_the_last(void **state)
{
    (void)state;
    make("p/checkpoints/checkpoint_3");
    make("p/checkpoints/checkpoint_4");
    make("p/checkpoints/checkpoint_5");
    assert_int_equal(series_limit(path_of("p"), 1, 3), ACCEL_OK);
    expect_names("p/checkpoints", "checkpoint_3 checkpoint_4 checkpoint_5");
}

/* They are somebody else's to remove. */
static void leaves_links_and_files(void **state)
{
    (void)state;
    make("elsewhere/inner");
    make("p/checkpoints/checkpoint_2");
    make("p/checkpoints/checkpoint_3");
    assert_int_equal(symlink(path_of("elsewhere"), path_of("p/checkpoints/checkpoint_0")), 0);
    assert_int_equal(symlink("/dev/null", path_of("p/checkpoints/checkpoint_1")), 0);
    assert_int_equal(series_limit(path_of("p"), 1, 3), ACCEL_OK);
    expect_names("p/checkpoints", "checkpoint_0 checkpoint_1 checkpoint_3");
    expect_names("elsewhere", "inner");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_numbers),
        TEST(knows_slashes_at_the_end),
        TEST(knows_names_without_a_number),
        TEST(names_them),
        TEST(finds_numbers),
        TEST(says_why_it_cannot_look),
        TEST(removes_the_lowest),
        TEST(keeps_the_last),
        TEST(leaves_links_and_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
