/* How samples become a batch. */
#include <accel/ops.h>

#include "data/numbers.h"

/* A sample with one tensor of those values. */
static accel_dict *row(const char *name, const int64_t *values, size_t count)
{
    accel_dict *sample = accel_dict_create();
    accel_dict_set(sample, name, accel_tensor_copy_from(values, ACCEL_INT64, ACCEL_SHAPE((int64_t)count)));
    return sample;
}

#define ROW(...)                                                                                               \
    row("ids", (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void expect_integers(accel_tensor *tensor, const int64_t *sizes, size_t rank, const int64_t *values)
{
    expect_no_failure();
    assert_int_equal(accel_tensor_rank(tensor), rank);
    assert_memory_equal(accel_tensor_sizes(tensor), sizes, rank * sizeof *sizes);
    assert_int_equal(accel_tensor_dtype(tensor), ACCEL_INT64);
    assert_memory_equal(accel_tensor_data(tensor), values, accel_tensor_bytes(tensor));
}

/* ---- stacked ---- */

static void stacks_along_a_new_dimension(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *samples[] = {ROW(1, 2, 3), ROW(4, 5, 6)};
        accel_dict_set(samples[0], "label", accel_scalar(7, ACCEL_INT64));
        accel_dict_set(samples[1], "label", accel_scalar(8, ACCEL_INT64));
        accel_dict *batch = accel_collate_stack(NULL, samples, 2);
        expect_integers(accel_get(batch, "ids"), ACCEL_SHAPE(2, 3), (const int64_t[]){1, 2, 3, 4, 5, 6});
        expect_integers(accel_get(batch, "label"), ACCEL_SHAPE(2), (const int64_t[]){7, 8});
        assert_string_equal(accel_dict_name(batch, 0), "ids");
    }
}

static void stacking_needs_one_dtype_and_shape(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *samples[] = {ROW(1, 2, 3), ROW(4, 5)}, *dtypes[] = {ROW(1), accel_dict_create()};
        assert_null(accel_collate_stack(NULL, samples, 2));
        expect_failure(ACCEL_EINVAL,
                       "accel_collate_stack: \"ids\" is int64 (2,) in sample 1, int64 (3,) in sample 0");
        accel_dict_set(dtypes[1], "ids", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1)));
        assert_null(accel_collate_stack(NULL, dtypes, 2));
        expect_failure(ACCEL_EINVAL,
                       "accel_collate_stack: \"ids\" is float32 (1,) in sample 1, int64 (1,) in sample 0");
        accel_dict *squares[] = {accel_dict_create(), accel_dict_create()};
        accel_dict_set(squares[0], "x", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 2)));
        accel_dict_set(squares[1], "x", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 3)));
        assert_null(accel_collate_padded(squares, 2, NULL, 0));
        expect_failure(ACCEL_EINVAL,
                       "accel_collate_padded: \"x\" is float32 (2, 3) in sample 1, float32 (2, 2) in sample 0");
    }
}

static void both_need_the_names_of_the_first_sample(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *samples[] = {ROW(1, 2), row("words", (const int64_t[]){3, 4}, 2)};
        assert_null(accel_collate_stack(NULL, samples, 2));
        expect_failure(ACCEL_EINVAL, "accel_collate_stack: sample 1 has no \"ids\", which sample 0 has");
        assert_null(accel_collate_padded(samples, 2, NULL, 0));
        expect_failure(ACCEL_EINVAL, "accel_collate_padded: sample 1 has no \"ids\", which sample 0 has");
        accel_dict *more[] = {ROW(1), ROW(2), ROW(3)};
        accel_dict_set(more[2], "label", accel_scalar(8, ACCEL_INT64));
        assert_null(accel_collate_stack(NULL, more, 3));
        expect_failure(ACCEL_EINVAL, "accel_collate_stack: sample 2 has \"label\", which sample 0 has not");
        assert_null(accel_collate_padded(more, 3, NULL, 0));
        expect_failure(ACCEL_EINVAL, "accel_collate_padded: sample 2 has \"label\", which sample 0 has not");
        assert_null(accel_collate_stack(NULL, samples, 0));
        expect_failure(ACCEL_EINVAL, "accel_collate_stack: there are no samples");
        assert_null(accel_collate_padded(samples, 0, NULL, 0));
        expect_failure(ACCEL_EINVAL, "accel_collate_padded: there are no samples");
    }
}

/* ---- padded ---- */

static void fills_up_to_the_longest(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *samples[] = {ROW(1), ROW(2, 3, 4), ROW(5, 6)};
        for (int i = 0; i < 3; i++) {
            accel_tensor *ids = accel_get(samples[i], "ids");
            accel_dict_set(samples[i], "mask", accel_ones(ACCEL_INT64, accel_tensor_sizes(ids), 1));
            accel_dict_set(samples[i], "label", accel_scalar(i, ACCEL_INT64));
        }
        const accel_padding paddings[] = {{"none", 1}, {"ids", 9}};
        accel_dict *batch = accel_collate_padded(samples, 3, paddings, 2);
        expect_integers(accel_get(batch, "ids"), ACCEL_SHAPE(3, 3),
                        (const int64_t[]){1, 9, 9, 2, 3, 4, 5, 6, 9});
        expect_integers(accel_get(batch, "mask"), ACCEL_SHAPE(3, 3),
                        (const int64_t[]){1, 0, 0, 1, 1, 1, 1, 1, 0});
        expect_integers(accel_get(batch, "label"), ACCEL_SHAPE(3), (const int64_t[]){0, 1, 2});
    }
}

static void fills_every_dtype(void **state)
{
    (void)state;
    static const accel_dtype dtypes[] = {ACCEL_UINT8,   ACCEL_INT8,    ACCEL_INT16,   ACCEL_INT32,
                                         ACCEL_INT64,   ACCEL_FLOAT16, ACCEL_FLOAT32, ACCEL_FLOAT64,
                                         ACCEL_BOOLEAN, ACCEL_BFLOAT16};
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        accel_scoped() {
            accel_dict *samples[] = {accel_dict_create(), accel_dict_create()};
            accel_dict_set(samples[0], "x", accel_zeros(dtypes[i], ACCEL_SHAPE(2)));
            accel_dict_set(samples[1], "x", accel_zeros(dtypes[i], ACCEL_SHAPE(5)));
            accel_dict *batch = accel_collate_padded(samples, 2, &(accel_padding){"x", 1}, 1);
            accel_tensor *x = accel_get(batch, "x");
            expect_no_failure();
            assert_int_equal(accel_tensor_dtype(x), dtypes[i]);
            assert_true(accel_item(accel_sum(accel_to_dtype(x, ACCEL_FLOAT64))) == 3);
            assert_true(accel_item(accel_select(accel_select(x, 0, 0), 0, 2)) == 1);
        }
}

static void samples_may_be_empty_or_strided(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *empty[] = {row("ids", NULL, 0), row("ids", NULL, 0)};
        expect_integers(accel_get(accel_collate_padded(empty, 2, NULL, 0), "ids"), ACCEL_SHAPE(2, 0), NULL);
        accel_dict *one[] = {row("ids", NULL, 0), ROW(1, 2)};
        expect_integers(accel_get(accel_collate_padded(one, 2, NULL, 0), "ids"), ACCEL_SHAPE(2, 2),
                        (const int64_t[]){0, 0, 1, 2});
        accel_dict *strided[] = {accel_dict_create(), ROW(7)};
        accel_tensor *table = accel_reshape(accel_arange(6), ACCEL_SHAPE(3, 2));
        accel_dict_set(strided[0], "ids", accel_select(table, 1, 1));
        expect_integers(accel_get(accel_collate_padded(strided, 2, NULL, 0), "ids"), ACCEL_SHAPE(2, 3),
                        (const int64_t[]){1, 3, 5, 7, 0, 0});
    }
}

static void samples_must_be_alike(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *samples[] = {ROW(1, 2), accel_dict_create()};
        accel_dict_set(samples[1], "ids", accel_zeros(ACCEL_INT64, ACCEL_SHAPE(2, 2)));
        assert_null(accel_collate_padded(samples, 2, NULL, 0));
        expect_failure(ACCEL_EINVAL,
                       "accel_collate_padded: \"ids\" of sample 1 must have 1 dimension and the dtype "
                       "of the first");
        accel_dict_set(samples[1], "ids", accel_zeros(ACCEL_INT32, ACCEL_SHAPE(2)));
        assert_null(accel_collate_padded(samples, 2, NULL, 0));
        expect_failure(ACCEL_EINVAL,
                       "accel_collate_padded: \"ids\" of sample 1 must have 1 dimension and the dtype "
                       "of the first");
    }
}

static void does_nothing_while_an_error_is_recorded(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *samples[] = {ROW(1, 2)};
        accel_error_raise(ACCEL_EIO, "before", "first");
        assert_null(accel_collate_stack(NULL, samples, 1));
        assert_null(accel_collate_padded(samples, 1, NULL, 0));
        expect_failure(ACCEL_EIO, "before: first");
    }
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *samples[] = {ROW(1), ROW(2, 3)}, *batch = NULL;
        for (size_t nth = 1; !batch; nth++) {
            assert_in_range(nth, 1, 100);
            memory_fail_at(nth);
            batch = accel_collate_padded(samples, 2, NULL, 0);
            memory_fail_at(0);
            assert_int_equal(accel_error_status(), batch ? ACCEL_OK : ACCEL_ENOMEM);
            assert_string_equal(accel_error_last()->call, batch ? "" : "accel_collate_padded");
            accel_error_clear();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stacks_along_a_new_dimension),
        TEST(stacking_needs_one_dtype_and_shape),
        TEST(both_need_the_names_of_the_first_sample),
        TEST(fills_up_to_the_longest),
        TEST(fills_every_dtype),
        TEST(samples_may_be_empty_or_strided),
        TEST(samples_must_be_alike),
        TEST(does_nothing_while_an_error_is_recorded),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
