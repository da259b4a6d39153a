/* The writer against bytes spelled out here, against the disk's failures, and against files that Python
   wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/error.h>

#include "base/file.h"
#include "base/memory.h"
#include "safetensors/reader.h"
#include "safetensors/writer.h"

/* Each test has a folder of its own, and the path of one file in it. */
static char folder[64];
static char *path;

static int make_folder(void **state)
{
    (void)state;
    accel_error_clear();
    snprintf(folder, sizeof folder, "/tmp/accel-writer-XXXXXX");
    path = mkdtemp(folder) ? file_join(folder, "a.safetensors") : NULL;
    return path ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    accel_error_clear();
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

static void expect_content(const void *expected, size_t size)
{
    size_t got = 0;
    char *content = file_read(path, &got);
    assert_non_null(content);
    assert_int_equal(got, size);
    assert_memory_equal(content, expected, size);
    memory_free(content);
}

static const int64_t two[] = {2}, one_by_three[] = {1, 3};
static const unsigned char bytes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void writes_bytes_as_python_does(void **state)
{
    (void)state;
    const safetensors_entry entries[] = {
        {"n", SAFETENSORS_U8, 2, one_by_three, bytes, 3},  {"z", SAFETENSORS_F32, 1, two, bytes, 8},
        {"b", SAFETENSORS_F32, 0, NULL, bytes + 4, 4},     {"h", SAFETENSORS_BF16, 1, two, bytes, 4},
        {"e", SAFETENSORS_I64, 1, &(int64_t){0}, NULL, 0},
    };
    const safetensors_pair metadata[] = {{"format", "pt"}};
    assert_int_equal(safetensors_write(path, entries, 5, metadata, 1), ACCEL_OK);
    static const char expected[] = "\x30\x01\0\0\0\0\0\0"
                                   "{\"__metadata__\":{\"format\":\"pt\"},"
                                   "\"e\":{\"dtype\":\"I64\",\"shape\":[0],\"data_offsets\":[0,0]},"
                                   "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                                   "\"z\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]},"
                                   "\"h\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[12,16]},"
                                   "\"n\":{\"dtype\":\"U8\",\"shape\":[1,3],\"data_offsets\":[16,19]}} "
                                   "\4\5\6\7\0\1\2\3\4\5\6\7\0\1\2\3\0\1\2";
    expect_content(expected, sizeof expected - 1);
}

static void writes_nothing(void **state)
{
    (void)state;
    assert_int_equal(safetensors_write(path, NULL, 0, NULL, 0), ACCEL_OK);
    expect_content("\x08\0\0\0\0\0\0\0{}      ", 16);
    assert_int_equal(safetensors_write(path, NULL, 0, &(safetensors_pair){0}, 0), ACCEL_OK);
    expect_content("\x18\0\0\0\0\0\0\0{\"__metadata__\":{}}     ", 32);
}

static void expect_refused(const safetensors_entry *entries, size_t count, const safetensors_pair *pairs,
                           size_t pair_count, const char *message)
{
    assert_int_equal(safetensors_write(path, entries, count, pairs, pair_count), ACCEL_EINVAL);
    const char *got = accel_error_last()->message;
    assert_memory_equal(got, path, strlen(path));
    assert_string_equal(got + strlen(path), message);
    accel_error_clear();
    assert_int_equal(count_files(), 0);
}

static void refuses_bad_entries(void **state)
{
    (void)state;
    const int64_t negative[] = {-1, 0}, huge[] = {INT64_MAX, 3}, three[] = {3};
    const struct {
        safetensors_entry entry;
        const char *message;
    } cases[] = {
        {{NULL, SAFETENSORS_F32, 1, two, bytes, 8}, ": a tensor has no name"},
        {{"__metadata__", SAFETENSORS_F32, 1, two, bytes, 8},
         ": tensor \"__metadata__\": the name is taken by the format"},
        {{"a\xff", SAFETENSORS_F32, 1, two, bytes, 8}, ": tensor \"a\xff\": the name is not UTF-8"},
        {{"a", (safetensors_dtype)99, 1, two, bytes, 8}, ": tensor \"a\": dtype 99 is not known"},
        {{"a", SAFETENSORS_F32, 1, two, bytes, 9},
         ": tensor \"a\": has 9 bytes, its shape and dtype F32 need 8"},
        {{"a", SAFETENSORS_F32, 1, NULL, bytes, 8}, ": tensor \"a\": has no shape"},
        {{"a", SAFETENSORS_F32, 1, two, NULL, 8}, ": tensor \"a\": has no data"},
        {{"a", SAFETENSORS_F32, 2, negative, bytes, 0}, ": tensor \"a\": a dimension is negative"},
        {{"a", SAFETENSORS_F32, 2, huge, bytes, 0}, ": tensor \"a\": the product of the shape overflows"},
        {{"a", SAFETENSORS_F32, 1, huge, bytes, 0}, ": tensor \"a\": the product of the shape overflows"},
        {{"a", SAFETENSORS_F6_E2M3, 1, three, bytes, 2},
         ": tensor \"a\": its packed elements end inside a byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(&cases[i].entry, 1, NULL, 0, cases[i].message);
    const safetensors_entry twice[] = {{"a", SAFETENSORS_F32, 1, two, bytes, 8},
                                       {"b", SAFETENSORS_F32, 1, two, bytes, 8},
                                       {"a", SAFETENSORS_U8, 1, two, bytes, 2}};
    expect_refused(twice, 3, NULL, 0, ": tensor \"a\": is given twice");
}

static void refuses_bad_metadata(void **state)
{
    (void)state;
    const struct {
        safetensors_pair pairs[2];
        const char *message;
    } cases[] = {
        {{{"a", "b"}, {NULL, "c"}}, ": a pair of metadata lacks its key"},
        {{{"a", "b"}, {"c", NULL}}, ": a pair of metadata lacks its value"},
        {{{"a", "b"}, {"c", "\xc0\x80"}}, ": metadata \"c\": is not UTF-8"},
        {{{"a", "b"}, {"a", "c"}}, ": metadata \"a\": is given twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(NULL, 0, cases[i].pairs, 2, cases[i].message);
}

static void refuses_a_header_that_is_too_long(void **state)
{
    (void)state;
    const size_t length = 100u * 1000 * 1000;
    char *name = malloc(length + 1);
    assert_non_null(name);
    memset(name, 'x', length);
    name[length] = '\0';
    const safetensors_entry entry = {name, SAFETENSORS_F32, 1, two, bytes, 8};
    expect_refused(&entry, 1, NULL, 0, ": the header takes 100000056 bytes, at most 100000000 are allowed");
    free(name);
}

/* Room for the header and some of the data, not for all of it. */
static const safetensors_entry many[] = {{"a", SAFETENSORS_U8, 1, (const int64_t[]){16}, bytes, 16},
                                         {"b", SAFETENSORS_U8, 1, (const int64_t[]){16}, bytes, 16},
                                         {"c", SAFETENSORS_U8, 1, (const int64_t[]){16}, bytes, 16}};

static void expect_failed_write(const char *reason)
{
    assert_int_equal(safetensors_write(path, many, 3, NULL, 0), ACCEL_EIO);
    char expected[256];
    snprintf(expected, sizeof expected, "%s: cannot be written: %s", path, reason);
    assert_string_equal(accel_error_last()->message, expected);
    accel_error_clear();
}

static void keeps_the_old_file_on_a_full_disk(void **state)
{
    (void)state;
    file_fail_write_at(1);
    expect_failed_write("No space left on device");
    assert_int_equal(count_files(), 0);
    assert_int_equal(file_write_atomic(path, "old", 3), ACCEL_OK);
    for (size_t nth = 1; nth <= 5; nth++) { /* the length, the header, three tensors */
        file_fail_write_at(nth);
        expect_failed_write("No space left on device");
        assert_int_equal(count_files(), 1);
        expect_content("old", 3);
    }
    file_fail_write_at(6);
    assert_int_equal(safetensors_write(path, many, 3, NULL, 0), ACCEL_OK);
    file_fail_write_at(0);
    assert_int_equal(count_files(), 1);
}

/* The system itself stops a write half way, as a full disk does. */
static void keeps_the_old_file_when_the_system_stops_a_write(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(path, "old", 3), ACCEL_OK);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 0; limit < 240; limit += 20) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, before.rlim_max}), 0);
        accel_status status = safetensors_write(path, many, 3, NULL, 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, ACCEL_EIO);
        assert_non_null(strstr(accel_error_text(), "cannot be written: File too large"));
        accel_error_clear();
        assert_int_equal(count_files(), 1);
        expect_content("old", 3);
    }
    signal(SIGXFSZ, handler);
    assert_int_equal(safetensors_write(path, many, 3, NULL, 0), ACCEL_OK);
}

static void says_that_permission_is_denied(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(path, "old", 3), ACCEL_OK);
    assert_int_equal(chmod(folder, 0555), 0);
    const uid_t user = geteuid();
    if (user == 0)
        assert_int_equal(seteuid(65534), 0);
    accel_status status = safetensors_write(path, many, 3, NULL, 0);
    if (user == 0)
        assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(status, ACCEL_EIO);
    assert_non_null(strstr(accel_error_text(), ": cannot be written: Permission denied"));
    accel_error_clear();
    assert_int_equal(count_files(), 1);
    expect_content("old", 3);
}

static void says_that_the_folder_is_missing(void **state)
{
    (void)state;
    char *missing = file_join(folder, "none/a");
    assert_int_equal(safetensors_write(missing, many, 3, NULL, 0), ACCEL_ENOTFOUND);
    assert_non_null(strstr(accel_error_text(), "none/a: cannot be written: No such file or directory"));
    memory_free(missing);
}

/* Renaming over it would leave a file where the device was. */
static void refuses_a_device(void **state)
{
    (void)state;
    assert_int_equal(symlink("/dev/full", path), 0);
    assert_int_equal(safetensors_write(path, many, 3, NULL, 0), ACCEL_EINVAL);
    assert_non_null(strstr(accel_error_text(), "is not a regular file"));
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    accel_error_clear();
    assert_int_equal(count_files(), 1);
}

static void does_nothing_while_an_error_is_recorded(void **state)
{
    (void)state;
    accel_error_raise(ACCEL_EFORMAT, "before", "first");
    assert_int_equal(safetensors_write(path, many, 3, NULL, 0), ACCEL_EFORMAT);
    assert_int_equal(count_files(), 0);
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    accel_status status = ACCEL_ENOMEM;
    size_t nth = 0;
    while (status != ACCEL_OK) {
        memory_fail_at(++nth);
        status = safetensors_write(path, many, 3, &(safetensors_pair){"k", "v"}, 1);
        assert_true(status == ACCEL_OK || status == ACCEL_ENOMEM);
        assert_int_equal(status, accel_error_status());
        accel_error_clear();
        assert_int_equal(count_files(), status == ACCEL_OK);
        assert_in_range(nth, 1, 100);
    }
    memory_fail_at(0);
    assert_in_range(nth, 6, 100);
}

/* A file that is open goes on being the old one while another takes its name. */
static void replaces_a_file_that_is_open(void **state)
{
    (void)state;
    assert_int_equal(safetensors_write(path, many, 3, NULL, 0), ACCEL_OK);
    safetensors_file *file = safetensors_open(path);
    assert_non_null(file);
    size_t count = 0;
    const safetensors_entry *entries = safetensors_entries(file, &count);
    safetensors_entry last = entries[2];
    last.name = "d";
    assert_int_equal(safetensors_write(path, &last, 1, NULL, 0), ACCEL_OK);
    assert_memory_equal(entries[0].data, bytes, 16);
    safetensors_close(file);
    file = safetensors_open(path);
    assert_non_null(file);
    assert_memory_equal(safetensors_find(file, "d")->data, bytes, 16);
    safetensors_close(file);
}

/* Reads `from` and writes it again to `to`. */
static void rewrite(const char *from, const char *to)
{
    safetensors_file *file = safetensors_open(from);
    if (!file)
        fail_msg("%s", accel_error_text());
    size_t count = 0, pair_count = 0;
    const safetensors_entry *entries = safetensors_entries(file, &count);
    const safetensors_pair *pairs = safetensors_metadata(file, &pair_count);
    assert_int_equal(safetensors_write(to, entries, count, pairs, pair_count), ACCEL_OK);
    safetensors_close(file);
}

static void expect_same_bytes(const char *left, const char *right)
{
    file_map a, b;
    assert_int_equal(file_map_open(&a, left), ACCEL_OK);
    assert_int_equal(file_map_open(&b, right), ACCEL_OK);
    if (a.size != b.size || memcmp(a.data, b.data, a.size) != 0)
        fail_msg("%s and %s differ", left, right);
    file_map_close(&a);
    file_map_close(&b);
}

/* Rewrites every safetensors file of a folder of the oracle's into its folder `ours`, and compares it with
   the file that has the other ending. Returns how many there were. */
static size_t rewrite_folder(const char *oracle, const char *name, const char *ending)
{
    char from[4096], expected[4096], to[4096];
    snprintf(from, sizeof from, "%s/%s", oracle, name);
    snprintf(to, sizeof to, "%s/ours/%s", oracle, name);
    assert_int_equal(file_make_directories(to), ACCEL_OK);
    DIR *stream = opendir(from);
    assert_non_null(stream);
    size_t count = 0;
    for (struct dirent *item = readdir(stream); item; item = readdir(stream)) {
        const char *dot = strrchr(item->d_name, '.');
        if (!dot || strcmp(dot, ".safetensors") != 0)
            continue;
        int length = (int)(dot - item->d_name);
        snprintf(from, sizeof from, "%s/%s/%s", oracle, name, item->d_name);
        snprintf(expected, sizeof expected, "%s/%s/%.*s%s", oracle, name, length, item->d_name, ending);
        snprintf(to, sizeof to, "%s/ours/%s/%s", oracle, name, item->d_name);
        rewrite(from, to);
        expect_same_bytes(to, expected);
        count++;
    }
    closedir(stream);
    return count;
}

static void rewrites_python_files_unchanged(void **state)
{
    (void)state;
    const char *folders = getenv("ACCEL_TEST_ORACLE");
    char *oracle = folders ? file_join(folders, "safetensors") : NULL;
    if (!oracle || !file_exists(oracle)) {
        print_message("rewrites_python_files_unchanged: skipped, no folder safetensors in ACCEL_TEST_ORACLE\n");
        memory_free(oracle);
        skip();
    }
    size_t foreign = rewrite_folder(oracle, "foreign", ".expected");
    size_t python = rewrite_folder(oracle, "python", ".safetensors");
    print_message("%zu files as Python writes them, %zu laid out otherwise\n", python, foreign);
    assert_in_range(python, 10, 1000);
    assert_in_range(foreign, 2, 1000);
    memory_free(oracle);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_bytes_as_python_does),
        TEST(writes_nothing),
        TEST(refuses_bad_entries),
        TEST(refuses_bad_metadata),
        TEST(refuses_a_header_that_is_too_long),
        TEST(keeps_the_old_file_on_a_full_disk),
        TEST(keeps_the_old_file_when_the_system_stops_a_write),
        TEST(says_that_permission_is_denied),
        TEST(says_that_the_folder_is_missing),
        TEST(refuses_a_device),
        TEST(does_nothing_while_an_error_is_recorded),
        TEST(survives_failed_allocations),
        TEST(replaces_a_file_that_is_open),
        TEST(rewrites_python_files_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
