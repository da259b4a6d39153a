/* The reference's own results: files that an oracle_*.py wrote under $ACCEL_TEST_ORACLE. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "tensors.h"

#include <unistd.h>

#include <accel/checkpoint.h>
#include <accel/dict.h>

/* The tensors of $ACCEL_TEST_ORACLE/<folder>/<file>.safetensors: new. Without the folder the test is skipped by name. */
static inline accel_dict *open_oracle(const char *test, const char *folder, const char *file)
{
    const char *folders = getenv("ACCEL_TEST_ORACLE");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folders ? folders : "", folder);
    if (!folders || access(path, F_OK) != 0) {
        print_message("%s: skipped, no folder %s in ACCEL_TEST_ORACLE\n", test, folder);
        skip();
    }
    snprintf(path, sizeof path, "%s/%s/%s.safetensors", folders, folder, file);
    accel_dict *dict = accel_load(path);
    expect_no_failure();
    return dict;
}

#endif
