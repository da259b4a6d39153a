/* Tensors as text. */
#include "tensors.h"

#include <accel/op.h>

static void expect_text(accel_tensor *tensor, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(accel_tensor_print(tensor, stream), ACCEL_OK);
    expect_no_failure();
    fclose(stream);
    assert_string_equal(text, expected);
    free(text);
}

static void prints_every_dtype(void **state)
{
    (void)state;
    static const struct {
        accel_dtype dtype;
        const char *text;
    } rows[] = {
        {ACCEL_UINT8, "tensor([0, 1], shape=(2,), dtype=uint8)\n"},
        {ACCEL_INT8, "tensor([0, 1], shape=(2,), dtype=int8)\n"},
        {ACCEL_INT16, "tensor([0, 1], shape=(2,), dtype=int16)\n"},
        {ACCEL_INT32, "tensor([0, 1], shape=(2,), dtype=int32)\n"},
        {ACCEL_INT64, "tensor([0, 1], shape=(2,), dtype=int64)\n"},
        {ACCEL_FLOAT16, "tensor([0, 1], shape=(2,), dtype=float16)\n"},
        {ACCEL_FLOAT32, "tensor([0, 1], shape=(2,), dtype=float32)\n"},
        {ACCEL_FLOAT64, "tensor([0, 1], shape=(2,), dtype=float64)\n"},
        {ACCEL_BOOLEAN, "tensor([false, true], shape=(2,), dtype=bool)\n"},
        {ACCEL_BFLOAT16, "tensor([0, 1], shape=(2,), dtype=bfloat16)\n"},
    };
    accel_scoped() {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            expect_text(accel_to_dtype(accel_arange(2), rows[i].dtype), rows[i].text);
    }
}

static void prints_every_number(void **state)
{
    (void)state;
    accel_scoped() {
        expect_text(FLOATS(ACCEL_SHAPE(4), -1.5f, 0.1f, 1e10f, 1.0f / 3),
                    "tensor([-1.5, 0.1, 1e+10, 0.333333], shape=(4,), dtype=float32)\n");
        accel_tensor *zero = accel_zeros(ACCEL_FLOAT32, NULL, 0);
        expect_text(accel_div(zero, zero), "tensor(nan, shape=(), dtype=float32)\n");
        expect_text(FLOATS(ACCEL_SHAPE(3), NAN, -INFINITY, INFINITY),
                    "tensor([nan, -inf, inf], shape=(3,), dtype=float32)\n");
        expect_text(INTEGERS(ACCEL_SHAPE(2), INT64_MIN, INT64_MAX),
                    "tensor([-9223372036854775808, 9223372036854775807], shape=(2,), dtype=int64)\n");
    }
}

static void prints_every_shape(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_reshape(accel_arange(4), ACCEL_SHAPE(2, 2));
        expect_text(accel_scalar(3, ACCEL_INT64), "tensor(3, shape=(), dtype=int64)\n");
        expect_text(x, "tensor([[0, 1], [2, 3]], shape=(2, 2), dtype=int64)\n");
        expect_text(accel_transpose(x, 0, 1), "tensor([[0, 2], [1, 3]], shape=(2, 2), dtype=int64)\n");
        expect_text(accel_reshape(x, ACCEL_SHAPE(1, 4, 1)),
                    "tensor([[[0], [1], [2], [3]]], shape=(1, 4, 1), dtype=int64)\n");
        expect_text(accel_arange(0), "tensor([], shape=(0,), dtype=int64)\n");
        expect_text(accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(INT64_C(1) << 40, 0)),
                    "tensor([], shape=(1099511627776, 0), dtype=float32)\n");
        accel_tensor *w = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1));
        accel_set_requires_grad(w, true);
        expect_text(accel_mul_scalar(w, 2), "tensor([2], shape=(1,), dtype=float32)\n");
    }
}

static void shortens_long_ones(void **state)
{
    (void)state;
    accel_scoped() {
        expect_text(accel_arange(1001), "tensor([0, 1, 2, ..., 998, 999, 1000], shape=(1001,), dtype=int64)\n");
        expect_text(accel_reshape(accel_arange(1400), ACCEL_SHAPE(7, 200)),
                    "tensor([[0, 1, 2, ..., 197, 198, 199], [200, 201, 202, ..., 397, 398, 399], "
                    "[400, 401, 402, ..., 597, 598, 599], ..., [800, 801, 802, ..., 997, 998, 999], "
                    "[1000, 1001, 1002, ..., 1197, 1198, 1199], [1200, 1201, 1202, ..., 1397, 1398, 1399]], "
                    "shape=(7, 200), dtype=int64)\n");
        expect_text(accel_expand(accel_zeros(ACCEL_UINT8, ACCEL_SHAPE(1, 1, 1)), ACCEL_SHAPE(1, 1002, 2)),
                    "tensor([[[0, 0], [0, 0], [0, 0], ..., [0, 0], [0, 0], [0, 0]]], shape=(1, 1002, 2), "
                    "dtype=uint8)\n");
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);
        accel_tensor_print(accel_arange(1000), stream);
        fclose(stream);
        assert_null(strstr(text, "..."));
        assert_non_null(strstr(text, ", 500, 501, "));
        free(text);
    }
}

static void shortens_long_shapes(void **state)
{
    (void)state;
    accel_scoped() {
        int64_t sizes[64];
        for (int i = 0; i < 64; i++)
            sizes[i] = 1;
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);
        assert_int_equal(accel_tensor_print(accel_zeros(ACCEL_INT8, sizes, 64), stream), ACCEL_OK);
        fclose(stream);
        assert_non_null(strstr(text, "[[[0]]]"));
        assert_non_null(strstr(text, ", 1, 1"));
        assert_non_null(strstr(text, "), dtype=int8)\n"));
        free(text);
    }
}

static void refuses_what_cannot_be_printed(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_arange(3);
        assert_int_equal(accel_tensor_print(x, NULL), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_tensor_print: stream is NULL");
        assert_int_equal(accel_tensor_print(NULL, stdout), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_tensor_print: tensor is NULL");
        FILE *full = fopen("/dev/full", "w");
        if (full) {
            setvbuf(full, NULL, _IONBF, 0);
            assert_int_equal(accel_tensor_print(x, full), ACCEL_EIO);
            expect_failure(ACCEL_EIO, "accel_tensor_print: the stream cannot be written");
            fclose(full);
        }
        accel_tensor *complex_numbers =
            accel_op("aten::view_as_complex", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 2)));
        assert_int_equal(accel_tensor_print(complex_numbers, stdout), ACCEL_EUNSUPPORTED);
        expect_failure(ACCEL_EUNSUPPORTED, "accel_tensor_print: dtype 9 has no printed form");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(prints_every_dtype), TEST(prints_every_number),  TEST(prints_every_shape),
        TEST(shortens_long_ones), TEST(shortens_long_shapes), TEST(refuses_what_cannot_be_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
