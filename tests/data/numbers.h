/* A dataset that counts, and what the tests of this folder begin and end with. */
#ifndef TESTS_DATA_NUMBERS_H
#define TESTS_DATA_NUMBERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <accel/dataset.h>
#include <accel/error.h>
#include <accel/loader.h>
#include <accel/random.h>

#include "base/memory.h"

/* Every test ends with as many live handles as it began with. */
static size_t live_before;

static inline int begin(void **state)
{
    (void)state;
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

/* The last call failed like that; forgets it. */
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

/* Sample i is {"index": i}. */
static inline accel_dict *number_sample(void *user, int64_t index)
{
    (void)user;
    accel_dict *sample = accel_dict_create();
    accel_dict_set(sample, "index", accel_scalar((double)index, ACCEL_INT64));
    return sample;
}

static inline accel_dataset *numbers(int64_t count)
{
    return accel_dataset_create(.length = count, .sample = number_sample);
}

/* The i-th index of a batch of such samples. */
static inline int64_t number_in(accel_dict *batch, int64_t i)
{
    int64_t values[1024];
    accel_tensor *indices = accel_get(batch, "index");
    int64_t count = accel_tensor_numel(indices);
    assert_in_range(count, i + 1, 1024);
    assert_int_equal(accel_tensor_copy_to(indices, values, (size_t)count * sizeof *values), ACCEL_OK);
    return values[i];
}

static inline int64_t batch_size_of(accel_dict *batch)
{
    return accel_tensor_size(accel_get(batch, "index"), 0);
}

/* What the default generator would draw next; its state is put back. */
static inline int64_t next_draw(void)
{
    int64_t draw = 0;
    accel_scoped() {
        accel_tensor *state = accel_generator_state(NULL);
        draw = accel_generator_draw(NULL);
        accel_generator_set_state(NULL, state);
    }
    return draw;
}

#endif
