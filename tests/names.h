/* What is in a folder, in a test. */
#ifndef TESTS_NAMES_H
#define TESTS_NAMES_H

#include <stdio.h>
#include <string.h>

#include "base/directory.h"

/* These names, in their order, with blanks between them. */
static inline void expect_names_in(const char *path, const char *expected)
{
    char names[512] = "";
    directory_list list;
    assert_int_equal(directory_read(&list, path), ACCEL_OK);
    for (size_t i = 0; i < list.count; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? " " : "", list.names[i]);
    directory_list_free(&list);
    assert_null(list.names);
    assert_string_equal(names, expected);
}

#endif
