/* A folder for each test, and what stands in its files. */
#ifndef TESTS_TRACK_FOLDER_H
#define TESTS_TRACK_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

static char folder[64];

static inline int remove_item(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

/* With everything in it; nothing where there is none. */
static inline void remove_folder(const char *path) { nftw(path, remove_item, 16, FTW_DEPTH | FTW_PHYS); }

static inline int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/accel-track-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int end_folder(void **state)
{
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    file_fail_write_at(0);
    remove_folder(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, end_folder)

/* The path of a file of the folder, until the fourth next call. */
static inline const char *in_folder(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void put(const char *name, const char *content)
{
    assert_int_equal(file_write_atomic(in_folder(name), content, strlen(content)), ACCEL_OK);
}

static inline void expect_content(const char *name, const char *content)
{
    size_t size = 0;
    char *found = file_read(in_folder(name), &size);
    if (!found)
        fail_msg("%s", accel_error_text());
    assert_string_equal(found, content);
    assert_int_equal(size, strlen(content));
    memory_free(found);
}

/* How many files of the folder have such a path. */
static inline size_t count_files(const char *pattern)
{
    glob_t found;
    size_t count = glob(in_folder(pattern), 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static inline void expect_no_failure(void)
{
    if (accel_error_is_set())
        fail_msg("%s", accel_error_text());
}

/* The failure on record is this one; `file` of the folder, where there is one, begins it. */
static inline void expect_failure(accel_status status, const char *file, const char *text)
{
    char expected[1024];
    snprintf(expected, sizeof expected, "%s%s%s", file ? in_folder(file) : "", file ? ": " : "", text);
    assert_string_equal(accel_error_text(), expected);
    assert_int_equal(accel_error_status(), status);
    accel_error_clear();
}

#endif
