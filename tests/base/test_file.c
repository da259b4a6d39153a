#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

/* Each test has a folder of its own, and the path of one file in it. */
static char folder[64];
static char *path;

static int make_folder(void **state)
{
    (void)state;
    accel_error_clear();
    snprintf(folder, sizeof folder, "/tmp/accel-file-XXXXXX");
    path = mkdtemp(folder) ? file_join(folder, "a") : NULL;
    return path ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    file_fail_write_at(0);
    unlink(path);
    memory_free(path);
    return rmdir(folder); /* fails when a test left anything else behind */
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *stream = opendir(folder);
    assert_non_null(stream);
    for (struct dirent *item = readdir(stream); item; item = readdir(stream))
        count += item->d_name[0] != '.';
    closedir(stream);
    return count;
}

static void expect_content(const char *expected)
{
    size_t size = 0;
    char *content = file_read(path, &size);
    assert_non_null(content);
    assert_string_equal(content, expected);
    assert_int_equal(size, strlen(expected));
    memory_free(content);
}

/* The failure names the file, then says this. */
static void expect_failure(accel_status status, const char *file, const char *what)
{
    char expected[512];
    snprintf(expected, sizeof expected, "%s: %s", file, what);
    assert_string_equal(accel_error_last()->message, expected);
    assert_int_equal(accel_error_status(), status);
    accel_error_clear();
}

static void maps_and_reads(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(path, "some\0bytes", 10), ACCEL_OK);
    file_map map;
    assert_int_equal(file_map_open(&map, path), ACCEL_OK);
    assert_int_equal(map.size, 10);
    assert_memory_equal(map.data, "some\0bytes", 10);
    file_map_close(&map);
    assert_null(map.data);
    file_map_close(&map);
    size_t size = 0;
    char *content = file_read(path, &size);
    assert_int_equal(size, 10);
    assert_memory_equal(content, "some\0bytes", 11);
    memory_free(content);
    content = file_read(path, NULL);
    assert_string_equal(content, "some");
    memory_free(content);
}

static void takes_empty_files(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(path, NULL, 0), ACCEL_OK);
    file_map map;
    assert_int_equal(file_map_open(&map, path), ACCEL_OK);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    file_map_close(&map);
    expect_content("");
}

static void expect_unreadable(const char *file, accel_status status, const char *what)
{
    file_map map;
    assert_int_equal(file_map_open(&map, file), status);
    expect_failure(status, file, what);
    assert_null(map.data);
    assert_null(file_read(file, NULL));
    expect_failure(status, file, what);
}

static void says_why_it_cannot_read(void **state)
{
    (void)state;
    expect_unreadable(path, ACCEL_ENOTFOUND, "cannot be opened: No such file or directory");
    expect_unreadable(folder, ACCEL_EINVAL, "is not a regular file");
    expect_unreadable("/dev/null", ACCEL_EINVAL, "is not a regular file");
    file_write_atomic(path, "", 0);
    char *below = file_join(path, "b");
    expect_unreadable(below, ACCEL_ENOTFOUND, "cannot be opened: Not a directory");
    memory_free(below);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: opening it must not wait */
    expect_unreadable(path, ACCEL_EINVAL, "is not a regular file");
}

static void says_what_exists(void **state)
{
    (void)state;
    assert_true(file_exists(folder));
    assert_false(file_exists(path));
    file_write_atomic(path, "", 0);
    assert_true(file_exists(path));
}

static void joins_paths(void **state)
{
    (void)state;
    const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"}, {"", "b", "b"}, {"a", "", "a/"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *joined = file_join(cases[i][0], cases[i][1]);
        assert_string_equal(joined, cases[i][2]);
        memory_free(joined);
    }
}

static void remove_directories(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *name = file_join(folder, names[i]);
        assert_int_equal(rmdir(name), 0);
        memory_free(name);
    }
}

static void makes_directories(void **state)
{
    (void)state;
    const char *const forms[] = {"x/y/z", "x//y/z/", "x/./y/z", "x/y/z/."};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *name = file_join(folder, forms[i]);
        assert_int_equal(file_make_directories(name), ACCEL_OK);
        assert_int_equal(file_make_directories(name), ACCEL_OK);
        memory_free(name);
        remove_directories((const char *const[]){"x/y/z", "x/y", "x"}, 3);
    }
    assert_int_equal(file_make_directories("/"), ACCEL_OK);
    assert_int_equal(file_make_directories("/tmp"), ACCEL_OK);
}

static void says_why_it_makes_no_directory(void **state)
{
    (void)state;
    file_write_atomic(path, "", 0);
    assert_int_equal(file_make_directories(path), ACCEL_EIO);
    expect_failure(ACCEL_EIO, path, "cannot be made a directory: File exists");
    char *below = file_join(path, "b/c");
    assert_int_equal(file_make_directories(below), ACCEL_EIO);
    expect_failure(ACCEL_EIO, path, "cannot be made a directory: File exists");
    memory_free(below);
    char *fresh = file_join(folder, "fresh");
    assert_int_equal(chmod(folder, 0555), 0);
    const uid_t user = geteuid();
    if (user == 0)
        assert_int_equal(seteuid(65534), 0);
    accel_status status = file_make_directories(fresh);
    if (user == 0)
        assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(status, ACCEL_EIO);
    expect_failure(ACCEL_EIO, fresh, "cannot be made a directory: Permission denied");
    memory_free(fresh);
}

static void writes_under_the_name_only_when_complete(void **state)
{
    (void)state;
    file_writer *writer = file_writer_open(path);
    assert_non_null(writer);
    assert_int_equal(file_writer_write(writer, "one ", 4), ACCEL_OK);
    assert_int_equal(file_writer_write(writer, "two", 3), ACCEL_OK);
    assert_int_equal(file_writer_write(writer, NULL, 0), ACCEL_OK);
    assert_false(file_exists(path));
    assert_int_equal(count_files(), 1);
    assert_int_equal(file_writer_commit(writer), ACCEL_OK);
    assert_int_equal(count_files(), 1);
    expect_content("one two");
}

static void abandons(void **state)
{
    (void)state;
    file_write_atomic(path, "old", 3);
    file_writer *writer = file_writer_open(path);
    file_writer_write(writer, "new", 3);
    file_writer_abandon(writer);
    file_writer_abandon(NULL);
    assert_int_equal(count_files(), 1);
    expect_content("old");
}

static void keeps_the_old_file_when_a_write_fails(void **state)
{
    (void)state;
    file_write_atomic(path, "old", 3);
    for (size_t nth = 1; nth <= 2; nth++) {
        file_writer *writer = file_writer_open(path);
        file_fail_write_at(nth);
        file_writer_write(writer, "one", 3);
        file_writer_write(writer, "two", 3);
        assert_int_equal(file_writer_commit(writer), ACCEL_EIO);
        expect_failure(ACCEL_EIO, path, "cannot be written: No space left on device");
        assert_int_equal(count_files(), 1);
        expect_content("old");
    }
}

/* What was not written stays unwritten, whatever became of the thread's record. */
static void remembers_a_failed_write(void **state)
{
    (void)state;
    file_write_atomic(path, "old", 3);
    for (int failing = 0; failing < 2; failing++) {
        file_writer *writer = file_writer_open(path);
        accel_try(err) {
            if (failing)
                file_fail_write_at(1);
            else
                RAISE(ACCEL_EIO, "something else");
            file_writer_write(writer, "one", 3);
            assert_int_equal(err->status, ACCEL_EIO);
        }
        if (failing)
            assert_int_equal(file_writer_write(writer, "two", 3), ACCEL_EIO);
        accel_error_clear();
        assert_int_equal(file_writer_commit(writer), ACCEL_EIO);
        expect_failure(ACCEL_EIO, path, "an earlier write failed");
        assert_int_equal(count_files(), 1);
        expect_content("old");
    }
}

static void does_nothing_while_an_error_is_recorded(void **state)
{
    (void)state;
    file_writer *writer = file_writer_open(path);
    RAISE(ACCEL_EFORMAT, "first");
    assert_null(file_writer_open(path));
    assert_int_equal(file_write_atomic(path, "new", 3), ACCEL_EFORMAT);
    assert_int_equal(file_make_directories(path), ACCEL_EFORMAT);
    assert_int_equal(file_writer_commit(writer), ACCEL_EFORMAT);
    assert_int_equal(count_files(), 0);
}

/* Two of one path do not write into each other's bytes; the last to be complete stays. */
static void keeps_writers_apart(void **state)
{
    (void)state;
    file_writer *first = file_writer_open(path), *second = file_writer_open(path);
    assert_int_equal(count_files(), 2);
    file_writer_write(first, "first", 5);
    file_writer_write(second, "the second", 10);
    assert_int_equal(file_writer_commit(second), ACCEL_OK);
    expect_content("the second");
    assert_int_equal(file_writer_commit(first), ACCEL_OK);
    expect_content("first");
    assert_int_equal(count_files(), 1);
}

/* A link is replaced, what it points to stays as it is; a device is not replaced. */
static void treats_links_and_devices_with_care(void **state)
{
    (void)state;
    char *target = file_join(folder, "target");
    file_write_atomic(target, "target", 6);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(file_write_atomic(path, "new", 3), ACCEL_OK);
    expect_content("new");
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISREG(info.st_mode));
    assert_int_equal(stat(target, &info), 0);
    assert_int_equal(info.st_size, 6);
    assert_int_equal(unlink(target), 0);
    memory_free(target);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(file_write_atomic(path, "new", 3), ACCEL_EINVAL);
    expect_failure(ACCEL_EINVAL, path, "is not a regular file");
    assert_int_equal(file_write_atomic(folder, "new", 3), ACCEL_EINVAL);
    expect_failure(ACCEL_EINVAL, folder, "is not a regular file");
    assert_int_equal(count_files(), 1);
}

/* Somebody who guessed the names of temporary files cannot have another file written through them. */
static void does_not_write_through_planted_links(void **state)
{
    (void)state;
    char *target = file_join(folder, "target");
    file_write_atomic(target, "target", 6);
    char links[200][128];
    for (int i = 0; i < 200; i++) {
        snprintf(links[i], sizeof links[i], "%s.%ld-%d.tmp", path, (long)getpid(), i);
        assert_int_equal(symlink(target, links[i]), 0);
    }
    assert_int_equal(file_write_atomic(path, "new", 3), ACCEL_OK);
    expect_content("new");
    for (int i = 0; i < 200; i++)
        assert_int_equal(unlink(links[i]), 0);
    struct stat info;
    assert_int_equal(stat(target, &info), 0);
    assert_int_equal(info.st_size, 6);
    assert_int_equal(unlink(target), 0);
    memory_free(target);
}

static void obeys_the_umask(void **state)
{
    (void)state;
    mode_t before = umask(027);
    assert_int_equal(file_write_atomic(path, "new", 3), ACCEL_OK);
    umask(before);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

static void writes_beside_names_without_a_folder(void **state)
{
    (void)state;
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(file_write_atomic("a", "new", 3), ACCEL_OK);
    assert_int_equal(chdir(before), 0);
    free(before);
    expect_content("new");
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    accel_status status = ACCEL_ENOMEM;
    for (size_t nth = 1; status != ACCEL_OK; nth++) {
        assert_in_range(nth, 1, 20);
        memory_fail_at(nth);
        status = file_write_atomic(path, "new", 3);
        assert_int_equal(status, accel_error_status());
        accel_error_clear();
        assert_int_equal(count_files(), status == ACCEL_OK);
    }
    memory_fail_at(1);
    assert_null(file_read(path, NULL));
    assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
    accel_error_clear();
    memory_fail_at(1);
    assert_null(file_join("a", "b"));
    accel_error_clear();
    memory_fail_at(1);
    assert_int_equal(file_make_directories(folder), ACCEL_ENOMEM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(maps_and_reads),
        TEST(takes_empty_files),
        TEST(says_why_it_cannot_read),
        TEST(says_what_exists),
        TEST(joins_paths),
        TEST(makes_directories),
        TEST(says_why_it_makes_no_directory),
        TEST(writes_under_the_name_only_when_complete),
        TEST(abandons),
        TEST(keeps_the_old_file_when_a_write_fails),
        TEST(remembers_a_failed_write),
        TEST(does_nothing_while_an_error_is_recorded),
        TEST(keeps_writers_apart),
        TEST(treats_links_and_devices_with_care),
        TEST(does_not_write_through_planted_links),
        TEST(obeys_the_umask),
        TEST(writes_beside_names_without_a_folder),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
