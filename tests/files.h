/* A folder of a test's own, and files in it. */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include <sys/stat.h>
#include <unistd.h>

#include "tensors.h"

static char work_folder[64];

/* A path in it, good until four calls later. */
static inline const char *path_of(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", work_folder, name);
    return path;
}

/* Writes a file, and gives its path. */
static inline const char *file_of(const char *name, const void *bytes, size_t size)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}
#define FILE_OF(name, text) file_of(name, text, sizeof(text) - 1)

static inline int make_folder(void **state)
{
    snprintf(work_folder, sizeof work_folder, "/tmp/accel-data-XXXXXX");
    return mkdtemp(work_folder) ? start_clean(state) : -1;
}

static inline int remove_folder(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", work_folder);
    return system(command) == 0 ? end_clean(state) : -1;
}

/* The last call failed with these words behind the path of that file. */
static inline void expect_file_failure(accel_status status, const char *call, const char *name,
                                       const char *text)
{
    char expected[512];
    snprintf(expected, sizeof expected, "%s%s%s%s", call, *call ? ": " : "", path_of(name), text);
    expect_failure(status, expected);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

#endif
