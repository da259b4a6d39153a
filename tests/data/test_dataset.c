/* Datasets over callbacks and over tensors in memory. */
#include <accel/autograd.h>
#include <accel/ops.h>

#include "data/dataset.h"
#include "data/numbers.h"

static void count_release(void *user) { ++*(int *)user; }

/* ---- over callbacks ---- */

static accel_dict *number_batch(void *user, const int64_t *indices, size_t count)
{
    (void)count;
    return number_sample(user, indices[0]);
}

static void releases_its_user_once(void **state)
{
    (void)state;
    int releases = 0;
    accel_dataset *dataset =
        accel_dataset_create(.length = 3, .sample = number_sample, .user = &releases, .release = count_release);
    accel_loader *loader = accel_loader_create(dataset);
    accel_free(dataset);
    assert_int_equal(releases, 0); /* the loader needs it */
    accel_free(loader);
    assert_int_equal(releases, 1);
}

static void does_not_release_on_failure(void **state)
{
    (void)state;
    int releases = 0;
    assert_null(accel_dataset_create(.length = -1, .sample = number_sample, .user = &releases,
                                     .release = count_release));
    expect_failure(ACCEL_EINVAL, "accel_dataset_create: length must not be negative, got -1");
    assert_null(accel_dataset_create(.length = 1, .user = &releases, .release = count_release));
    expect_failure(ACCEL_EINVAL, "accel_dataset_create: neither sample nor batch is given");
    assert_null(accel_dataset_create(.length = 1, .sample = number_sample, .batch = number_batch,
                                     .user = &releases, .release = count_release));
    expect_failure(
        ACCEL_EINVAL,
        "accel_dataset_create: batch is given, and sample or collate, too: which is to make a batch?");
    assert_int_equal(releases, 0);
}

static void asks_for_the_samples_it_is_told(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *batch = dataset_batch(numbers(100), (const int64_t[]){7, 99, 0, 7}, 4);
        const int64_t *values = accel_tensor_data(accel_get(batch, "index"));
        assert_memory_equal(values, ((const int64_t[]){7, 99, 0, 7}), 4 * sizeof *values);
        assert_int_equal(accel_dataset_length(numbers(100)), 100);
    }
    assert_int_equal(accel_dataset_length(NULL), -1);
    expect_failure(ACCEL_EINVAL, "accel_dataset_length: dataset is NULL");
}

static void options_are_those_of_the_macro(void **state)
{
    (void)state;
    const accel_dataset_options by_macro = {ACCEL_DATASET_DEFAULTS()};
    const accel_dataset_options by_function = accel_dataset_options_default();
    assert_int_equal(by_macro.struct_size, by_function.struct_size);
    assert_int_equal(by_macro.length, by_function.length);
    assert_true(!by_function.sample && !by_function.batch && !by_function.collate && !by_function.user &&
                !by_function.release);
    assert_null(accel_dataset_create_with(NULL));
    expect_failure(ACCEL_EINVAL, "accel_dataset_create: neither sample nor batch is given");
}

/* ---- over tensors ---- */

static accel_dict *two_tensors(void)
{
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", accel_reshape(accel_arange(24), ACCEL_SHAPE(4, 2, 3)));
    accel_dict_set(tensors, "y", accel_to_dtype(accel_arange(4), ACCEL_FLOAT64));
    return tensors;
}

static void takes_rows_of_each_tensor(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dataset *dataset = accel_tensor_dataset(two_tensors());
        assert_int_equal(accel_dataset_length(dataset), 4);
        accel_dict *batch = dataset_batch(dataset, (const int64_t[]){3, 0, 3}, 3);
        accel_tensor *x = accel_get(batch, "x"), *y = accel_get(batch, "y");
        expect_no_failure();
        assert_memory_equal(accel_tensor_sizes(x), ((const int64_t[]){3, 2, 3}), 3 * sizeof(int64_t));
        assert_memory_equal(
            accel_tensor_data(x),
            ((const int64_t[]){18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 18, 19, 20, 21, 22, 23}),
            18 * sizeof(int64_t));
        assert_int_equal(accel_tensor_dtype(y), ACCEL_FLOAT64);
        assert_memory_equal(accel_tensor_data(y), ((const double[]){3, 0, 3}), 3 * sizeof(double));
        assert_string_equal(accel_dict_name(batch, 0), "x");
        assert_int_equal(accel_dict_count(batch), 2);
    }
}

static void keeps_every_dtype(void **state)
{
    (void)state;
    static const accel_dtype dtypes[] = {ACCEL_UINT8,   ACCEL_INT8,    ACCEL_INT16,   ACCEL_INT32,
                                         ACCEL_INT64,   ACCEL_FLOAT16, ACCEL_FLOAT32, ACCEL_FLOAT64,
                                         ACCEL_BOOLEAN, ACCEL_BFLOAT16};
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        accel_scoped() {
            accel_dict *tensors = accel_dict_create();
            accel_tensor *ones = accel_ones(dtypes[i], ACCEL_SHAPE(3, 2));
            accel_dict_set(tensors, "x", ones);
            accel_dict *batch = dataset_batch(accel_tensor_dataset(tensors), (const int64_t[]){2}, 1);
            accel_tensor *x = accel_get(batch, "x");
            assert_int_equal(accel_tensor_dtype(x), dtypes[i]);
            assert_int_equal(accel_tensor_bytes(x), 2 * accel_dtype_size(dtypes[i]));
            assert_memory_equal(accel_tensor_data(x), accel_tensor_data(ones), accel_tensor_bytes(x));
        }
}

/* The dict may change or go; the tensors are the same storage. */
static void shares_the_tensors_it_was_given(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *tensors = two_tensors();
        accel_tensor *y = accel_retain(accel_get(tensors, "y"));
        accel_dataset *dataset = accel_tensor_dataset(tensors);
        accel_free(tensors);
        accel_fill_in_place(y, 5);
        accel_dict *batch = dataset_batch(dataset, (const int64_t[]){1}, 1);
        assert_true(accel_item(accel_get(batch, "y")) == 5);
        accel_fill_in_place(accel_get(batch, "y"), 6); /* a batch is a copy */
        assert_true(accel_item(accel_max(y)) == 5);
        accel_release(y);
    }
}

static void takes_rows_that_do_not_follow_each_other(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *tensors = accel_dict_create();
        accel_tensor *x = accel_transpose(accel_reshape(accel_arange(6), ACCEL_SHAPE(2, 3)), 0, 1);
        accel_dict_set(tensors, "x", x);
        accel_dict_set(tensors, "one", accel_expand(accel_ones(ACCEL_INT64, ACCEL_SHAPE(1)), ACCEL_SHAPE(3)));
        accel_dict *batch = dataset_batch(accel_tensor_dataset(tensors), (const int64_t[]){2, 1}, 2);
        expect_no_failure();
        assert_memory_equal(accel_tensor_data(accel_get(batch, "x")), ((const int64_t[]){2, 5, 1, 4}),
                            4 * sizeof(int64_t));
        assert_memory_equal(accel_tensor_data(accel_get(batch, "one")), ((const int64_t[]){1, 1}),
                            2 * sizeof(int64_t));
    }
}

static void may_be_empty_or_have_empty_rows(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *none = accel_dict_create(), *hollow = accel_dict_create();
        accel_dict_set(none, "x", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(0, 3)));
        accel_dataset *dataset = accel_tensor_dataset(none);
        assert_int_equal(accel_dataset_length(dataset), 0);
        accel_for_each (batch, accel_loader_create(dataset, .batch_size = 2))
            fail();
        accel_dict_set(hollow, "x", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(5, 0)));
        int rounds = 0;
        accel_for_each (batch, accel_loader_create(accel_tensor_dataset(hollow), .batch_size = 2)) {
            assert_int_equal(accel_tensor_size(accel_get(batch, "x"), 0), rounds < 2 ? 2 : 1);
            assert_int_equal(accel_tensor_size(accel_get(batch, "x"), 1), 0);
            rounds++;
        }
        assert_int_equal(rounds, 3);
        expect_no_failure();
    }
}

static void refuses_tensors_that_do_not_fit(void **state)
{
    (void)state;
    accel_scoped() {
        assert_null(accel_tensor_dataset(NULL));
        expect_failure(ACCEL_EINVAL, "accel_tensor_dataset: tensors is NULL");
        assert_null(accel_tensor_dataset(accel_dict_create()));
        expect_failure(ACCEL_EINVAL, "accel_tensor_dataset: the dict has no tensors");
        accel_dict *scalar = accel_dict_create(), *uneven = two_tensors();
        accel_dict_set(scalar, "x", accel_scalar(1, ACCEL_FLOAT32));
        assert_null(accel_tensor_dataset(scalar));
        expect_failure(ACCEL_EINVAL, "accel_tensor_dataset: \"x\" must have 1 to 16 dimensions, got 0");
        accel_dict_set(uneven, "z", accel_arange(5));
        assert_null(accel_tensor_dataset(uneven));
        expect_failure(ACCEL_EINVAL, "accel_tensor_dataset: \"z\" has 5 samples, the tensors before it have 4");
        accel_dict *stale = accel_dict_create();
        accel_free(stale);
        assert_null(accel_tensor_dataset(stale));
        expect_stale("accel_tensor_dataset");
    }
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    accel_dict *tensors = accel_dict_create();
    accel_tensor *x = accel_arange(4);
    accel_dict_set(tensors, "x", x);
    accel_free(x);
    size_t live = accel_live_handles();
    bool done = false;
    for (size_t nth = 1; !done; nth++) {
        assert_in_range(nth, 1, 200);
        memory_fail_at(nth);
        accel_dataset *dataset = accel_tensor_dataset(tensors);
        assert_true(dataset || accel_live_handles() == live);
        accel_scoped() {
            done = dataset && dataset_batch(dataset, (const int64_t[]){1, 2}, 2);
        }
        memory_fail_at(0);
        assert_int_equal(accel_error_status(), done ? ACCEL_OK : ACCEL_ENOMEM);
        accel_error_clear();
        accel_free(dataset);
        assert_int_equal(accel_live_handles(), live);
    }
    accel_free(tensors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(releases_its_user_once),          TEST(does_not_release_on_failure),
        TEST(asks_for_the_samples_it_is_told), TEST(options_are_those_of_the_macro),
        TEST(takes_rows_of_each_tensor),       TEST(keeps_every_dtype),
        TEST(shares_the_tensors_it_was_given), TEST(takes_rows_that_do_not_follow_each_other),
        TEST(may_be_empty_or_have_empty_rows), TEST(refuses_tensors_that_do_not_fit),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
