#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "names.h"
#include "base/directory.h"
#include "base/disk.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

/* Each test has a folder of its own. */
static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    accel_error_clear();
    snprintf(folder, sizeof folder, "/tmp/accel-directory-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[192];
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    disk_fail_at(0);
    snprintf(command, sizeof command, "chmod -R u+rwx '%s'; rm -rf '%s'", folder, folder);
    return system(command);
}

/* A path in it, good until four calls later. */
static const char *in(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void expect_content(const char *name, const char *expected)
{
    char *text = file_read(in(name), NULL);
    assert_non_null(text);
    assert_string_equal(text, expected);
    memory_free(text);
}

static void expect_names(const char *name, const char *expected) { expect_names_in(in(name), expected); }

/* The failure names the path, then says this. */
static void expect_failure(accel_status status, const char *name, const char *what)
{
    char expected[512];
    snprintf(expected, sizeof expected, "%s: %s", in(name), what);
    assert_string_equal(accel_error_last()->message, expected);
    assert_int_equal(accel_error_status(), status);
    accel_error_clear();
}

static bool is_there(const char *name)
{
    struct stat info;
    return lstat(in(name), &info) == 0;
}

static void make(const char *name) { assert_int_equal(mkdir(in(name), 0777), 0); }

/* ---- one ---- */

static void reads_names_in_order(void **state)
{
    (void)state;
    expect_names("", "");
    expect_names("none", "");
    write_file("b", "");
    write_file("B", "");
    write_file(".hidden", "");
    write_file("\xc3\xa4", "");
    make("a");
    assert_int_equal(symlink("nowhere", in("link")), 0);
    expect_names("", ".hidden B a b link \xc3\xa4");
}

static void reads_many_names(void **state)
{
    char name[16];
    directory_list list;
    (void)state;
    for (int i = 99; i >= 0; i--) {
        snprintf(name, sizeof name, "%03d", i);
        write_file(name, "");
    }
    assert_int_equal(directory_read(&list, folder), ACCEL_OK);
    assert_int_equal(list.count, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(atoi(list.names[i]), i);
    directory_list_free(&list);
}

static void says_why_it_cannot_read(void **state)
{
    directory_list list;
    (void)state;
    write_file("a", "");
    assert_int_not_equal(directory_read(&list, in("a")), ACCEL_OK);
    assert_null(list.names);
    expect_failure(ACCEL_ENOTFOUND, "a", "cannot be read: Not a directory");
}

static void makes_one(void **state)
{
    (void)state;
    assert_int_equal(directory_make(in("a")), ACCEL_OK);
    assert_true(file_is_directory(in("a")));
    assert_int_equal(directory_sync(in("a")), ACCEL_OK);
    assert_int_equal(directory_make(in("a")), ACCEL_EIO);
    expect_failure(ACCEL_EIO, "a", "cannot be made a directory: File exists");
    assert_int_equal(directory_make(in("b/c")), ACCEL_ENOTFOUND);
    expect_failure(ACCEL_ENOTFOUND, "b/c", "cannot be made a directory: No such file or directory");
    assert_int_equal(directory_sync(in("b")), ACCEL_ENOTFOUND);
    expect_failure(ACCEL_ENOTFOUND, "b", "cannot be opened: No such file or directory");
}

static void removes_all_that_is_in_one(void **state)
{
    (void)state;
    assert_int_equal(directory_remove(in("none")), ACCEL_OK);
    make("a");
    make("a/b");
    make("a/b/c");
    write_file("a/b/c/d", "x");
    write_file("a/.hidden", "x");
    assert_int_equal(mkfifo(in("a/pipe"), 0600), 0);
    assert_int_equal(directory_remove(in("a")), ACCEL_OK);
    expect_names("", "");
}

static void follows_no_links(void **state)
{
    (void)state;
    make("mine");
    write_file("mine/b", "kept");
    make("a");
    assert_int_equal(symlink("../mine", in("a/folder")), 0);
    assert_int_equal(symlink("../mine/b", in("a/file")), 0);
    assert_int_equal(symlink("nowhere", in("a/nothing")), 0);
    assert_int_equal(directory_remove(in("a")), ACCEL_OK);
    expect_names("", "mine");
    expect_content("mine/b", "kept");
}

static void says_what_it_cannot_remove(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip();
    make("a");
    make("a/b");
    write_file("a/b/c", "x");
    assert_int_equal(chmod(in("a/b"), 0500), 0);
    assert_int_not_equal(directory_remove(in("a")), ACCEL_OK);
    assert_non_null(strstr(accel_error_last()->message, "/a/b/c: cannot be removed: Permission denied"));
    accel_error_clear();
    expect_content("a/b/c", "x");
}

static void moves_to_a_free_name(void **state)
{
    (void)state;
    make("a");
    write_file("a/x", "1");
    assert_int_equal(directory_move(in("a"), in("b")), ACCEL_OK);
    expect_names("", "b");
    expect_content("b/x", "1");
    make("a");
    assert_int_equal(directory_move(in("b"), in("a")), ACCEL_EIO); /* which rename() would do: it is empty */
    expect_failure(ACCEL_EIO, "a", "cannot be put in place: File exists");
    expect_content("b/x", "1");
    assert_int_equal(directory_move(in("none"), in("c")), ACCEL_ENOTFOUND);
    expect_failure(ACCEL_ENOTFOUND, "c", "cannot be put in place: No such file or directory");
}

static void swaps_two(void **state)
{
    (void)state;
    make("a");
    make("b");
    write_file("a/x", "1");
    write_file("b/y", "2");
    accel_status status = directory_swap(in("a"), in("b"));
    assert_false(accel_error_is_set());
    if (status == ACCEL_EUNSUPPORTED)
        skip();
    assert_int_equal(status, ACCEL_OK);
    expect_names("a", "y");
    expect_names("b", "x");
    assert_int_equal(directory_swap(in("a"), in("none")), ACCEL_ENOTFOUND);
    expect_failure(ACCEL_ENOTFOUND, "none", "cannot be put in place: No such file or directory");
}

/* ---- two trees ---- */

static bool begins_with_own(const void *user, const char *name)
{
    return strncmp(name, user, strlen(user)) == 0;
}

static const directory_filter not_own = {begins_with_own, "own"};

static bool is_one_file(const char *name, const char *other)
{
    struct stat one, two;
    return lstat(in(name), &one) == 0 && lstat(in(other), &two) == 0 && one.st_ino == two.st_ino;
}

static void make_two(void)
{
    make("from");
    make("from/inner");
    make("from/own-folder");
    make("into");
    write_file("from/a", "1");
    write_file("from/both", "1");
    write_file("from/own", "1");
    write_file("from/inner/own", "1"); /* which is left out only of the directory itself */
    write_file("from/own-folder/b", "1");
    write_file("into/both", "2");
    assert_int_equal(symlink("a", in("from/link")), 0);
}

static void links_what_is_free(void **state)
{
    (void)state;
    make_two();
    for (int i = 0; i < 2; i++) { /* and once more, which changes nothing */
        assert_int_equal(directory_link(in("from"), in("into"), &not_own), ACCEL_OK);
        expect_names("into", "a both inner link");
        expect_names("into/inner", "own");
        expect_content("into/both", "2");
        assert_true(is_one_file("from/a", "into/a") && is_one_file("from/inner/own", "into/inner/own"));
        assert_true(is_one_file("from/link", "into/link"));
    }
    assert_int_equal(directory_link(in("from"), in("into"), NULL), ACCEL_OK);
    expect_names("into", "a both inner link own own-folder");
    expect_content("from/both", "1");
    assert_int_equal(directory_link(in("none"), in("into"), NULL), ACCEL_OK);
}

static void merges_what_is_free(void **state)
{
    (void)state;
    make_two();
    assert_int_equal(directory_merge(in("from"), in("into"), &not_own), ACCEL_OK);
    expect_names("", "into");
    expect_names("into", "a both inner link");
    expect_content("into/both", "2");
    expect_content("into/inner/own", "1");
    assert_int_equal(directory_merge(in("from"), in("into"), &not_own), ACCEL_OK);
}

static void merges_folders_that_both_have(void **state)
{
    (void)state;
    make("from");
    make("from/inner");
    make("from/clash");
    make("into");
    make("into/inner");
    make("into/other");
    write_file("from/inner/a", "1");
    write_file("from/inner/b", "1");
    write_file("into/inner/b", "2");
    write_file("from/clash/c", "1");
    write_file("into/clash", "2");
    write_file("from/other", "1");
    assert_int_equal(directory_merge(in("from"), in("into"), NULL), ACCEL_OK);
    expect_names("", "into");
    expect_names("into", "clash inner other");
    expect_names("into/inner", "a b");
    expect_content("into/inner/b", "2");
    expect_content("into/clash", "2");
    expect_names("into/other", "");
}

static void joins_no_link_with_a_folder(void **state)
{
    (void)state;
    make("mine");
    make("into");
    make("from");
    make("from/x");
    write_file("from/x/a", "1");
    assert_int_equal(symlink("../mine", in("into/x")), 0);
    assert_int_equal(directory_merge(in("from"), in("into"), NULL), ACCEL_OK);
    expect_names("", "into mine");
    expect_names("mine", "");
}

/* ---- locks ---- */

static void locks_until_the_process_ends(void **state)
{
    int ends[2], status = 0;
    char byte;
    bool held;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = directory_lock(folder, &held);
        close(ends[0]);
        _exit(fd >= 0 && write(ends[1], "", 1) == 1 && pause() ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(directory_lock(folder, &held), -1);
    assert_true(held);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ends[0]);
    int fd = directory_lock(folder, &held);
    assert_true(fd >= 0);
    assert_false(held);
    close(fd);
    assert_int_equal(symlink(".", in("link")), 0);
    assert_int_equal(directory_lock(in("link"), &held), -1);
    assert_false(held);
    assert_int_equal(directory_lock(in("none"), &held), -1);
    assert_false(held);
    assert_false(accel_error_is_set());
}

/* ---- failures ---- */

static void does_nothing_while_an_error_is_recorded(void **state)
{
    (void)state;
    make("a");
    make("b");
    accel_error_raise(ACCEL_EIO, NULL, "before");
    assert_int_equal(directory_make(in("c")), ACCEL_EIO);
    assert_int_equal(directory_remove(in("a")), ACCEL_EIO);
    assert_int_equal(directory_move(in("a"), in("c")), ACCEL_EIO);
    assert_int_equal(directory_swap(in("a"), in("b")), ACCEL_EIO);
    assert_int_equal(directory_link(in("a"), in("b"), NULL), ACCEL_EIO);
    assert_int_equal(directory_merge(in("a"), in("b"), NULL), ACCEL_EIO);
    assert_int_equal(directory_sync(in("a")), ACCEL_EIO);
    assert_string_equal(accel_error_last()->message, "before");
    accel_error_clear();
    expect_names("", "a b");
}

/* Each step in turn fails; done again, all of it is done, and nothing was lost. */
static void goes_on_after_a_broken_disk(void **state)
{
    bool failed = true;
    (void)state;
    for (size_t nth = 1; failed; nth++) {
        make_two();
        disk_fail_at(nth);
        failed = directory_merge(in("from"), in("into"), &not_own) != ACCEL_OK;
        disk_fail_at(0);
        assert_true(!failed || accel_error_status() == ACCEL_EIO);
        accel_error_clear();
        assert_int_equal(directory_merge(in("from"), in("into"), &not_own), ACCEL_OK);
        assert_false(is_there("from"));
        expect_names("into", "a both inner link");
        expect_content("into/a", "1");
        expect_content("into/inner/own", "1");
        assert_int_equal(directory_remove(in("into")), ACCEL_OK);
    }
}

static void survives_failed_allocations(void **state)
{
    bool failed = true;
    (void)state;
    make_two();
    for (size_t nth = 1; failed; nth++) {
        directory_list list;
        memory_fail_at(nth);
        if (directory_read(&list, in("from")) == ACCEL_OK)
            directory_list_free(&list);
        directory_link(in("from"), in("into"), &not_own);
        directory_merge(in("from"), in("into"), &not_own);
        directory_remove(in("into"));
        memory_fail_at(0);
        failed = accel_error_is_set();
        assert_true(!failed || accel_error_status() == ACCEL_ENOMEM);
        accel_error_clear();
    }
    expect_names("", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_names_in_order),
        TEST(reads_many_names),
        TEST(says_why_it_cannot_read),
        TEST(makes_one),
        TEST(removes_all_that_is_in_one),
        TEST(follows_no_links),
        TEST(says_what_it_cannot_remove),
        TEST(moves_to_a_free_name),
        TEST(swaps_two),
        TEST(links_what_is_free),
        TEST(merges_what_is_free),
        TEST(merges_folders_that_both_have),
        TEST(joins_no_link_with_a_folder),
        TEST(locks_until_the_process_ends),
        TEST(does_nothing_while_an_error_is_recorded),
        TEST(goes_on_after_a_broken_disk),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
