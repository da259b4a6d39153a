/* What tests that use tensors share: a start and an end without handles, tensors from literals, comparisons. */
#ifndef TESTS_TENSORS_H
#define TESTS_TENSORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <accel/autograd.h>
#include <accel/error.h>
#include <accel/ops.h>
#include <accel/scope.h>
#include <accel/tensor.h>

/* A float32 or int64 tensor: FLOATS(ACCEL_SHAPE(2, 2), 1, 2, 3, 4). */
#define FLOATS(shape, ...) accel_tensor_copy_from((const float[]){__VA_ARGS__}, ACCEL_FLOAT32, shape)
#define INTEGERS(shape, ...) accel_tensor_copy_from((const int64_t[]){__VA_ARGS__}, ACCEL_INT64, shape)

/* Around every test: no handle is left over, and no failure that was not expected. */
static inline int start_clean(void **state)
{
    (void)state;
    accel_error_clear();
    return accel_live_handles() == 0 ? 0 : -1;
}

static inline int end_clean(void **state)
{
    (void)state;
    size_t live = accel_live_handles();
    if (live > 0)
        print_error("%zu handles are left\n", live);
    if (accel_error_is_set())
        print_error("a failure is left: %s\n", accel_error_text());
    return live == 0 && !accel_error_is_set() ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_clean, end_clean)

/* The last call failed like that, word for word; forgets it. */
static inline void expect_failure(accel_status status, const char *text)
{
    if (accel_error_status() != status || strcmp(accel_error_text(), text) != 0)
        fail_msg("expected %s \"%s\", got %s \"%s\"", accel_status_name(status), text,
                 accel_status_name(accel_error_status()), accel_error_text());
    accel_error_clear();
}

/* The same where the rest of the words are the engine's. */
static inline void expect_failure_with(accel_status status, const char *part)
{
    if (accel_error_status() != status || !strstr(accel_error_text(), part))
        fail_msg("expected %s with \"%s\", got %s \"%s\"", accel_status_name(status), part,
                 accel_status_name(accel_error_status()), accel_error_text());
    accel_error_clear();
}

/* A call that gives NULL, and why. */
#define EXPECT_REFUSED(call, status, part)                                                                     \
    do {                                                                                                       \
        if (call)                                                                                              \
            fail_msg("%s gives something, expected %s", #call, part);                                          \
        expect_failure_with(status, part);                                                                     \
    } while (0)

static inline void expect_no_failure(void)
{
    if (accel_error_is_set())
        fail_msg("unexpected failure: %s", accel_error_text());
}

static inline void expect_shape(accel_tensor *tensor, const int64_t *sizes, size_t rank)
{
    expect_no_failure();
    assert_int_equal(accel_tensor_rank(tensor), rank);
    for (size_t i = 0; i < rank; i++)
        assert_int_equal(accel_tensor_size(tensor, (int)i), sizes[i]);
}

/* The elements, row by row, as doubles, which the caller frees. */
static inline double *elements(accel_tensor *tensor, size_t *count)
{
    double *values = NULL;
    *count = 0;
    accel_scoped() {
        accel_tensor *doubles = accel_to_dtype(accel_detach(tensor), ACCEL_FLOAT64);
        *count = (size_t)accel_tensor_numel(doubles);
        values = malloc((*count + 1) * sizeof *values);
        assert_non_null(values);
        accel_tensor_copy_to(doubles, values, *count * sizeof *values);
    }
    expect_no_failure();
    return values;
}

/* Every element is as expected, within tolerance · max(1, |expected|). */
static inline void expect_values(accel_tensor *tensor, double tolerance, const double *expected, size_t count)
{
    expect_no_failure();
    size_t given;
    double *values = elements(tensor, &given);
    assert_int_equal(given, count);
    for (size_t i = 0; i < count; i++) {
        bool same = isnan(expected[i]) ? isnan(values[i]) : values[i] == expected[i];
        if (!same && !(fabs(values[i] - expected[i]) <= tolerance * fmax(1, fabs(expected[i]))))
            fail_msg("element %zu is %.9g, expected %.9g", i, values[i], expected[i]);
    }
    free(values);
}
#define EXPECT_VALUES(tensor, tolerance, ...)                                                                  \
    expect_values(tensor, tolerance, (const double[]){__VA_ARGS__},                                            \
                  sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* Shapes are equal, and max |Δ| ≤ tolerance · max |expected|. */
static inline void expect_close(const char *what, accel_tensor *tensor, accel_tensor *expected,
                                double tolerance)
{
    expect_no_failure();
    expect_shape(tensor, accel_tensor_sizes(expected), accel_tensor_rank(expected));
    size_t count;
    double *values = elements(tensor, &count), *wanted = elements(expected, &count);
    double largest = 0, error = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(wanted[i]));
        double delta = fabs(values[i] - wanted[i]);
        error = isnan(delta) ? INFINITY : fmax(error, delta);
    }
    if (!(error <= tolerance * largest))
        fail_msg("%s: differs by %.3g where the largest is %.3g, at most %.3g times that is allowed", what,
                 error, largest, tolerance);
    free(values);
    free(wanted);
}

/* Dtype, shape and every bit are equal. */
static inline void expect_same(const char *what, accel_tensor *tensor, accel_tensor *expected)
{
    expect_no_failure();
    assert_int_equal(accel_tensor_dtype(tensor), accel_tensor_dtype(expected));
    expect_shape(tensor, accel_tensor_sizes(expected), accel_tensor_rank(expected));
    size_t size = accel_tensor_bytes(expected);
    unsigned char *bytes = malloc(size + 1), *wanted = malloc(size + 1);
    assert_true(bytes && wanted);
    accel_tensor_copy_to(tensor, bytes, size);
    accel_tensor_copy_to(expected, wanted, size);
    expect_no_failure();
    if (memcmp(bytes, wanted, size) != 0)
        fail_msg("%s: not the same bits", what);
    free(bytes);
    free(wanted);
}

/* One member of two structs is the same; NaN is NaN. */
#define EXPECT_SAME_MEMBER(a, b, member) assert_memory_equal(&(a).member, &(b).member, sizeof(a).member)

#endif
