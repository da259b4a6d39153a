/* What a test begins and ends with. */
#ifndef TESTS_ACCELERATOR_CAPTURE_H
#define TESTS_ACCELERATOR_CAPTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/accel.h>

#include "base/memory.h"

#include "accelerator/stream.h"

static const char *const variables[] = {"RANK",
                                        "WORLD_SIZE",
                                        "LOCAL_RANK",
                                        "LOCAL_WORLD_SIZE",
                                        "ACCELERATE_USE_CPU",
                                        "ACCEL_KEEP_MEMORY",
                                        "ACCEL_FAST_MATMUL"};

/* Every test begins without a launcher's variables, and ends with as many live handles as it began with. */
static size_t live_before;

static inline int begin(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    live_before = accel_live_handles();
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    if (accel_live_handles() != live_before)
        print_error("%zu handles are alive, %zu were before\n", accel_live_handles(), live_before);
    return accel_live_handles() == live_before ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static inline void expect_failure(accel_status status, const char *text)
{
    assert_string_equal(accel_error_text(), text);
    assert_int_equal(accel_error_status(), status);
    accel_error_clear();
}

/* The last call, which is named, failed for a handle that has ended. */
static inline void expect_stale(const char *call)
{
    assert_int_equal(accel_error_status(), ACCEL_ESTALE);
    assert_string_equal(accel_error_last()->call, call);
    accel_error_clear();
}

static inline void expect_no_failure(void)
{
    if (accel_error_is_set())
        fail_msg("%s", accel_error_text());
}

#endif
