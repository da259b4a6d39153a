/* Tensor handles: making, looking, copying, and what happens to the ones that cannot be used. */
#include "tensors.h"

#include <pthread.h>

static const struct {
    accel_dtype dtype;
    const char *name;
    size_t size;
    bool floating;
} dtypes[] = {
    {ACCEL_UINT8, "uint8", 1, false},    {ACCEL_INT8, "int8", 1, false},
    {ACCEL_INT16, "int16", 2, false},    {ACCEL_INT32, "int32", 4, false},
    {ACCEL_INT64, "int64", 8, false},    {ACCEL_FLOAT16, "float16", 2, true},
    {ACCEL_FLOAT32, "float32", 4, true}, {ACCEL_FLOAT64, "float64", 8, true},
    {ACCEL_BOOLEAN, "bool", 1, false},   {ACCEL_BFLOAT16, "bfloat16", 2, true},
};
enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

static void makes_every_dtype(void **state)
{
    (void)state;
    accel_scoped() {
        for (int i = 0; i < DTYPES; i++) {
            accel_dtype dtype = dtypes[i].dtype;
            assert_string_equal(accel_dtype_name(dtype), dtypes[i].name);
            assert_int_equal(accel_dtype_size(dtype), dtypes[i].size);
            assert_int_equal(accel_dtype_is_floating(dtype), dtypes[i].floating);
            accel_tensor *tensors[] = {
                accel_zeros(dtype, ACCEL_SHAPE(2, 3)), accel_ones(dtype, ACCEL_SHAPE(2, 3)),
                accel_full(1, dtype, ACCEL_SHAPE(2, 3)), accel_empty(dtype, ACCEL_SHAPE(2, 3))};
            for (int k = 0; k < 4; k++) {
                expect_shape(tensors[k], ACCEL_SHAPE(2, 3));
                assert_int_equal(accel_tensor_dtype(tensors[k]), dtype);
                assert_int_equal(accel_tensor_bytes(tensors[k]), 6 * dtypes[i].size);
                assert_int_equal(accel_tensor_device(tensors[k]).type, ACCEL_CPU);
                assert_int_equal(accel_tensor_device(tensors[k]).index, -1);
            }
            EXPECT_VALUES(tensors[0], 0, 0, 0, 0, 0, 0, 0);
            EXPECT_VALUES(tensors[1], 0, 1, 1, 1, 1, 1, 1);
            EXPECT_VALUES(tensors[2], 0, 1, 1, 1, 1, 1, 1);
        }
        assert_string_equal(accel_dtype_name((accel_dtype)9), "unknown");
        assert_int_equal(accel_dtype_size((accel_dtype)-1), 0);
        assert_false(accel_dtype_is_floating((accel_dtype)99));
    }
}

static void makes_every_shape(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *scalar = accel_scalar(2.5, ACCEL_FLOAT64),
                     *none = accel_zeros(ACCEL_INT8, ACCEL_SHAPE(3, 0, 2));
        expect_shape(scalar, NULL, 0);
        assert_int_equal(accel_tensor_numel(scalar), 1);
        assert_true(accel_item(scalar) == 2.5);
        expect_shape(none, ACCEL_SHAPE(3, 0, 2));
        assert_int_equal(accel_tensor_numel(none), 0);
        assert_int_equal(accel_tensor_bytes(none), 0);
        assert_null(accel_tensor_data(none));
        EXPECT_VALUES(accel_full(-2.7, ACCEL_INT64, ACCEL_SHAPE(2)), 0, -2, -2);
        EXPECT_VALUES(accel_full(0.1, ACCEL_FLOAT32, NULL, 0), 0, 0.1f);
        EXPECT_VALUES(accel_full((double)INFINITY, ACCEL_FLOAT16, ACCEL_SHAPE(1)), 0, (double)INFINITY);
        EXPECT_VALUES(accel_full((double)NAN, ACCEL_FLOAT32, ACCEL_SHAPE(1)), 0, (double)NAN);
        EXPECT_VALUES(accel_arange(4), 0, 0, 1, 2, 3);
        assert_int_equal(accel_tensor_dtype(accel_arange(0)), ACCEL_INT64);
        assert_int_equal(accel_tensor_numel(accel_arange(0)), 0);
        const int64_t many[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2};
        expect_shape(accel_ones(ACCEL_FLOAT32, many, 12), many, 12);
    }
}

static void refuses_shapes(void **state)
{
    (void)state;
    accel_dtype none = (accel_dtype)9;
    EXPECT_REFUSED(accel_zeros(none, ACCEL_SHAPE(2)), ACCEL_EINVAL, "accel_zeros: dtype 9 is unknown");
    EXPECT_REFUSED(accel_empty(none, ACCEL_SHAPE(2)), ACCEL_EINVAL, "accel_empty: dtype 9 is unknown");
    EXPECT_REFUSED(accel_ones(ACCEL_INT8, ACCEL_SHAPE(2, -3)), ACCEL_EINVAL,
                   "accel_ones: sizes[1] must not be negative, got -3");
    EXPECT_REFUSED(accel_full(1, ACCEL_INT8, NULL, 2), ACCEL_EINVAL, "accel_full: sizes is NULL, rank is 2");
    EXPECT_REFUSED(accel_full(300, ACCEL_UINT8, NULL, 0), ACCEL_EENGINE, "accel_full: ");
    EXPECT_REFUSED(accel_full((double)NAN, ACCEL_INT64, NULL, 0), ACCEL_EENGINE, "accel_full: ");
    EXPECT_REFUSED(accel_arange(-1), ACCEL_EINVAL, "accel_arange: n must not be negative, got -1");
    EXPECT_REFUSED(accel_empty(ACCEL_FLOAT32, ACCEL_SHAPE(INT64_C(1) << 40, INT64_C(1) << 40)), ACCEL_EENGINE,
                   "accel_empty: ");
    EXPECT_REFUSED(accel_tensor_copy_from(NULL, ACCEL_FLOAT32, ACCEL_SHAPE(2)), ACCEL_EINVAL,
                   "accel_tensor_copy_from: data is NULL, the tensor has 8 bytes");
    accel_scoped() {
        assert_non_null(accel_tensor_copy_from(NULL, ACCEL_FLOAT32, ACCEL_SHAPE(0)));
    }
}

/* More than an address space holds, so that no machine has it. The sanitizers' own malloc ends the process instead. */
static void runs_out_of_memory(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip();
#endif
    EXPECT_REFUSED(accel_empty(ACCEL_FLOAT32, ACCEL_SHAPE(INT64_C(1) << 52)), ACCEL_ENOMEM, "accel_empty: ");
}

static void looks_along_dimensions(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 3, 4)), *t = accel_transpose(x, 0, 2);
        assert_int_equal(accel_tensor_size(x, -1), 4);
        assert_int_equal(accel_tensor_size(x, -3), 2);
        assert_int_equal(accel_tensor_stride(x, 0), 12);
        assert_int_equal(accel_tensor_stride(x, -1), 1);
        assert_int_equal(accel_tensor_stride(t, 0), 1);
        assert_int_equal(accel_tensor_sizes(t)[0], 4);
        assert_true(accel_tensor_is_contiguous(x));
        assert_false(accel_tensor_is_contiguous(t));
        assert_int_equal(accel_tensor_size(x, 3), -1);
        expect_failure(ACCEL_EINVAL, "accel_tensor_size: dimension must be in [-3, 2], got 3");
        assert_int_equal(accel_tensor_stride(x, -4), -1);
        expect_failure(ACCEL_EINVAL, "accel_tensor_stride: dimension must be in [-3, 2], got -4");
        assert_int_equal(accel_tensor_size(accel_scalar(1, ACCEL_INT8), 0), -1);
        expect_failure(ACCEL_EINVAL, "accel_tensor_size: a scalar has no dimension 0");
    }
}

static void gives_the_item(void **state)
{
    (void)state;
    accel_scoped() {
        const int64_t large[] = {INT64_MAX, INT64_MIN, (INT64_C(1) << 53) + 1};
        for (int i = 0; i < 3; i++)
            assert_int_equal(accel_item_integer(accel_tensor_copy_from(&large[i], ACCEL_INT64, NULL, 0)),
                             large[i]);
        for (int i = 0; i < DTYPES; i++) {
            accel_tensor *one = accel_ones(dtypes[i].dtype, ACCEL_SHAPE(1, 1));
            assert_true(accel_item(one) == 1);
            assert_int_equal(accel_item_integer(one), dtypes[i].floating ? -1 : 1);
            accel_error_clear();
        }
        assert_int_equal(accel_item_integer(accel_scalar(2, ACCEL_FLOAT32)), -1);
        expect_failure(ACCEL_EINVAL,
                       "accel_item_integer: tensor has dtype float32, expected an integer one; use accel_item");
        assert_true(isnan(accel_item(accel_arange(2))));
        expect_failure_with(ACCEL_EENGINE, "accel_item: a Tensor with 2 elements");
        assert_int_equal(accel_item_integer(accel_arange(0)), -1);
        expect_failure_with(ACCEL_EENGINE, "accel_item_integer: a Tensor with 0 elements");
        assert_true(isnan(accel_item(NULL)));
        expect_failure(ACCEL_EINVAL, "accel_item: tensor is NULL");
    }
}

static void copies_out_and_in(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(2, 3), 1, 2, 3, 4, 5, 6);
        float row_by_row[6] = {0};
        assert_int_equal(accel_tensor_copy_to(accel_transpose(x, 0, 1), row_by_row, sizeof row_by_row),
                         ACCEL_OK);
        assert_memory_equal(row_by_row, ((float[]){1, 4, 2, 5, 3, 6}), sizeof row_by_row);
        assert_int_equal(accel_tensor_copy_to(x, row_by_row, 23), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_tensor_copy_to: size is 23 bytes, the tensor has 24");
        assert_int_equal(accel_tensor_copy_to(x, NULL, 24), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_tensor_copy_to: data is NULL");
        assert_int_equal(accel_tensor_copy_to(accel_arange(0), NULL, 0), ACCEL_OK);

        assert_int_equal(accel_tensor_assign(x, INTEGERS(ACCEL_SHAPE(2, 1), 7, -8)), ACCEL_OK);
        EXPECT_VALUES(x, 0, 7, 7, 7, -8, -8, -8);
        assert_int_equal(accel_tensor_assign(x, accel_arange(4)), ACCEL_EENGINE);
        expect_failure_with(ACCEL_EENGINE, "accel_tensor_assign: ");
        assert_int_equal(accel_tensor_assign(x, NULL), ACCEL_EINVAL);
        expect_failure_with(ACCEL_EINVAL, "accel_tensor_assign: ");
        EXPECT_VALUES(x, 0, 7, 7, 7, -8, -8, -8);
    }
}

static void tells_handles_that_ended(void **state)
{
    (void)state;
    accel_tensor *stale = NULL, *kept = NULL;
    accel_scoped() {
        stale = accel_arange(3);
        kept = accel_keep(accel_neg(stale));
    }
    assert_int_equal(accel_live_handles(), 1);
    EXPECT_VALUES(kept, 0, 0, -1, -2);
    static const char words[] = "tensor: this tensor ended with its batch or scope; use accel_keep()";
    char text[160];
#define STALE(call, name)                                                                                      \
    (void)(call), snprintf(text, sizeof text, "%s: %s", name, words), expect_failure(ACCEL_ESTALE, text)
    STALE(accel_tensor_rank(stale), "accel_tensor_rank");
    STALE(accel_tensor_size(stale, 0), "accel_tensor_size");
    STALE(accel_tensor_numel(stale), "accel_tensor_numel");
    STALE(accel_tensor_bytes(stale), "accel_tensor_bytes");
    STALE(accel_tensor_stride(stale, 0), "accel_tensor_stride");
    STALE(accel_tensor_sizes(stale), "accel_tensor_sizes");
    STALE(accel_tensor_dtype(stale), "accel_tensor_dtype");
    STALE(accel_tensor_device(stale), "accel_tensor_device");
    STALE(accel_tensor_is_contiguous(stale), "accel_tensor_is_contiguous");
    STALE(accel_tensor_data(stale), "accel_tensor_data");
    STALE(accel_item(stale), "accel_item");
    STALE(accel_item_integer(stale), "accel_item_integer");
    STALE(accel_tensor_copy_to(stale, text, 24), "accel_tensor_copy_to");
    STALE(accel_tensor_print(stale, stdout), "accel_tensor_print");
    accel_free(kept);
    accel_free(kept);
    expect_failure_with(ACCEL_ESTALE, "accel_free: ");
    assert_null(accel_neg(kept));
    expect_failure_with(ACCEL_ESTALE, "was freed");
}

static void tells_what_is_no_tensor(void **state)
{
    (void)state;
    accel_scoped() {
        uint64_t memory[16] = {0};
        assert_int_equal(accel_tensor_rank(NULL), 0);
        expect_failure(ACCEL_EINVAL, "accel_tensor_rank: tensor is NULL");
        assert_int_equal(accel_tensor_numel((accel_tensor *)(void *)memory), -1);
        expect_failure(ACCEL_EINVAL, "accel_tensor_numel: tensor is not a handle of this library");
    }
}

/* After a failure calls with an effect do nothing and say why; those that make something give NULL. */
static void failures_stick(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(2), 1, 2), *y = FLOATS(ACCEL_SHAPE(2), 5, 6);
        float values[2] = {-1, -1};
        size_t live = accel_live_handles();
        accel_error_raise(ACCEL_EIO, "test", "the disk is full");
        assert_int_equal(accel_tensor_assign(x, y), ACCEL_EIO);
        assert_int_equal(accel_tensor_copy_to(x, values, sizeof values), ACCEL_EIO);
        assert_int_equal(accel_tensor_print(x, stdout), ACCEL_EIO);
        assert_null(accel_fill_in_place(x, 9));
        assert_null(accel_add_in_place(x, y));
        assert_null(accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1)));
        assert_null(accel_empty(ACCEL_FLOAT32, ACCEL_SHAPE(1)));
        assert_null(accel_arange(2));
        assert_null(accel_arange(-2));
        assert_null(accel_tensor_copy_from(values, ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        assert_null(accel_tensor_wrap(values, ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        assert_null(accel_clone(x));
        assert_true(isnan(accel_item(accel_sum(x))));
        assert_true(isnan(accel_item(x)));
        assert_int_equal(accel_item_integer(x), -1);
        assert_int_equal(accel_live_handles(), live);
        accel_free(y);
        assert_int_equal(accel_live_handles(), live - 1);
        expect_failure(ACCEL_EIO, "test: the disk is full");
        EXPECT_VALUES(x, 0, 1, 2);
        assert_true(values[0] == -1);
    }
}

static void expected_failures_do_not_stick(void **state)
{
    (void)state;
    accel_scoped() {
        accel_error_raise(ACCEL_EIO, "test", "first");
        accel_try(err) {
            accel_tensor *x = accel_arange(3);
            assert_int_equal(accel_tensor_numel(x), 3);
            assert_null(accel_reshape(x, ACCEL_SHAPE(7)));
            assert_int_equal(err->status, ACCEL_EENGINE);
            assert_null(accel_clone(x));
        }
        expect_failure(ACCEL_EIO, "test: first");
        assert_non_null(accel_arange(1));
    }
}

/* Each thread reads one tensor, fails on its own account, and lets its own handles end. */
static void *read_a_lot(void *argument)
{
    accel_tensor *x = argument;
    bool good = true;
    for (int i = 0; i < 200; i++)
        accel_scoped() {
            good = good && accel_item(accel_sum(accel_mul_scalar(x, 2))) == 12;
            good = good && !accel_reshape(x, ACCEL_SHAPE(i + 4)) && accel_error_status() == ACCEL_EENGINE;
            accel_error_clear();
        }
    return good ? argument : NULL;
}

static void is_read_by_several_threads(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(3), 1, 2, 3);
        pthread_t threads[4];
        for (int i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, read_a_lot, x), 0);
        for (int i = 0; i < 4; i++) {
            void *result = NULL;
            pthread_join(threads[i], &result);
            assert_ptr_equal(result, x);
        }
        expect_no_failure();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(makes_every_dtype),
        TEST(makes_every_shape),
        TEST(refuses_shapes),
        TEST(runs_out_of_memory),
        TEST(looks_along_dimensions),
        TEST(gives_the_item),
        TEST(copies_out_and_in),
        TEST(tells_handles_that_ended),
        TEST(tells_what_is_no_tensor),
        TEST(failures_stick),
        TEST(expected_failures_do_not_stick),
        TEST(is_read_by_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
