/* The files that tests/data/oracle_files.py wrote. */
#ifndef TESTS_PYTHON_FILES_H
#define TESTS_PYTHON_FILES_H

#include <unistd.h>

#include <jansson.h>

#include "tensors.h"

/* Where one of them is, good until the next call. Without them the test is skipped by name. */
static inline const char *python_file(const char *name)
{
    static char path[4096];
    const char *folders = getenv("ACCEL_TEST_ORACLE");
    snprintf(path, sizeof path, "%s/files/%s", folders ? folders : "", name);
    if (!folders || access(path, F_OK) != 0) {
        print_message("skipped, there is no %s\n", path);
        skip();
    }
    return path;
}

static inline json_t *python_json(const char *name)
{
    json_t *json = json_load_file(python_file(name), JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    return json;
}

#endif
