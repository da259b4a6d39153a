/* Operations by name: every kind of argument and result, and calls that do not fit. */
#include "tensors.h"

#include <pthread.h>

#include <accel/op.h>
#include <accel/random.h>

static void takes_every_kind_of_argument(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(2, 2), -1, 0, 1, 2), *n = accel_arange(4);
        /* Tensors, numbers, defaults for what is left out; a real makes integers real, as 2.0 does in Python. */
        EXPECT_VALUES(accel_op("aten::add.Tensor", x, x), 0, -2, 0, 2, 4);
        EXPECT_VALUES(accel_op("aten::add.Tensor", x, x, 10), 0, -11, 0, 11, 22);
        assert_int_equal(accel_tensor_dtype(accel_op("aten::mul.Scalar", n, 2)), ACCEL_INT64);
        assert_int_equal(accel_tensor_dtype(accel_op("aten::mul.Scalar", n, 2.0)), ACCEL_FLOAT32);
        /* Truth values, also as 0 and 1. */
        EXPECT_VALUES(accel_op("aten::argsort", x, 1, ACCEL_BOOL(true)), 0, 1, 0, 1, 0);
        EXPECT_VALUES(accel_op("aten::argsort", x, 1, 0), 0, 0, 1, 0, 1);
        /* Strings; a device is one. */
        const char *mode = "floor";
        EXPECT_VALUES(accel_op("aten::div.Tensor_mode", x, accel_full(2, ACCEL_FLOAT32, NULL, 0), mode), 0, -1,
                      0, 0, 1);
        expect_shape(accel_op("aten::zeros", ACCEL_INTS(2), ACCEL_NONE, ACCEL_NONE, "cpu"), ACCEL_SHAPE(2));
        /* Arrays of integers, reals, tensors; one integer stands for an array; gaps in a list of tensors. */
        EXPECT_VALUES(accel_op("aten::roll", n, ACCEL_INTS(1), ACCEL_INTS(0)), 0, 3, 0, 1, 2);
        EXPECT_VALUES(accel_op("aten::sum.dim_IntList", x, 1), 0, -1, 3);
        EXPECT_VALUES(accel_op("aten::cat", ACCEL_TENSORS(n, n), 0), 0, 0, 1, 2, 3, 0, 1, 2, 3);
        EXPECT_VALUES(accel_op("aten::index.Tensor", x, ACCEL_TENSORS(NULL, INTEGERS(ACCEL_SHAPE(1), 1))), 0, 0,
                      2);
        expect_shape(accel_op("aten::upsample_nearest1d.vec", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 1, 4)),
                              ACCEL_NONE, ACCEL_REALS(1.5)),
                     ACCEL_SHAPE(1, 1, 6));
        /* A dtype is its number; no tensor is NULL or nothing. */
        assert_int_equal(accel_tensor_dtype(accel_op("aten::to.dtype", x, ACCEL_FLOAT64)), ACCEL_FLOAT64);
        EXPECT_VALUES(accel_op("aten::clamp", x, ACCEL_NONE, 1), 0, -1, 0, 1, 1);
        EXPECT_VALUES(accel_op("aten::clamp.Tensor", x, (accel_tensor *)NULL, accel_scalar(1, ACCEL_FLOAT32)),
                      0, -1, 0, 1, 1);
        /* A generator. */
        accel_generator *g = accel_generator_create(3), *same = accel_generator_create(3);
        expect_same("rand", accel_op("aten::rand.generator", ACCEL_INTS(5), g),
                    accel_rand(same, ACCEL_SHAPE(5)));
    }
}

/* Every arithmetic type of C ends in the kind it means. */
static void takes_plain_c_values(void **state)
{
    (void)state;
    char c = 1;
    short s = 2;
    unsigned short us = 3;
    unsigned u = 4;
    long l = 5;
    size_t z = 6;
    long long ll = 7;
    unsigned long long ull = 8;
    const int64_t i64 = 9;
    uint8_t u8 = 10;
    const accel_value values[] = {ACCEL_VALUE(c),   ACCEL_VALUE(s), ACCEL_VALUE(us), ACCEL_VALUE(u),
                                  ACCEL_VALUE(l),   ACCEL_VALUE(z), ACCEL_VALUE(ll), ACCEL_VALUE(ull),
                                  ACCEL_VALUE(i64), ACCEL_VALUE(u8)};
    for (int i = 0; i < 10; i++) {
        assert_int_equal(values[i].kind, ACCEL_VALUE_INTEGER);
        assert_int_equal(values[i].as.integer, i + 1);
    }
    bool truth = true;
    float f = 0.5f;
    char text[] = "text";
    accel_tensor *no_tensor = NULL;
    accel_generator *no_generator = NULL;
    assert_int_equal(ACCEL_VALUE(truth).kind, ACCEL_VALUE_BOOLEAN);
    assert_int_equal(ACCEL_VALUE(ACCEL_BOOL(1)).kind, ACCEL_VALUE_BOOLEAN);
    assert_true(ACCEL_VALUE(f).kind == ACCEL_VALUE_REAL && ACCEL_VALUE(f).as.real == 0.5);
    assert_int_equal(ACCEL_VALUE(1.0).kind, ACCEL_VALUE_REAL);
    assert_ptr_equal(ACCEL_VALUE(text).as.string, text);
    assert_int_equal(ACCEL_VALUE("text").kind, ACCEL_VALUE_STRING);
    assert_int_equal(ACCEL_VALUE(no_tensor).kind, ACCEL_VALUE_TENSOR);
    assert_int_equal(ACCEL_VALUE(no_generator).kind, ACCEL_VALUE_GENERATOR);
    assert_int_equal(ACCEL_VALUE(ACCEL_NONE).kind, ACCEL_VALUE_NONE);
    assert_int_equal(ACCEL_VALUE(ACCEL_REALS(1, 2.5)).count, 2);
    assert_int_equal(ACCEL_VALUE(ACCEL_INTS(1, 2, 3)).count, 3);
    assert_int_equal(ACCEL_VALUE(ACCEL_TENSORS(no_tensor)).count, 1);
}

static void gives_every_kind_of_result(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(2, 3), 3, 1, 2, 4, 6, 5), *outs[4];
        assert_int_equal(accel_op_into(outs, 2, "aten::max.dim", x, -1, ACCEL_BOOL(false)), ACCEL_OK);
        EXPECT_VALUES(outs[0], 0, 3, 6);
        EXPECT_VALUES(outs[1], 0, 0, 1);
        assert_int_equal(accel_op_into(outs, 3, "aten::split.Tensor", x, 1, 1), ACCEL_OK);
        EXPECT_VALUES(outs[2], 0, 2, 5);
        assert_int_equal(accel_op_into(outs, 1, "aten::size.int", x, 1), ACCEL_OK);
        expect_shape(outs[0], NULL, 0);
        assert_int_equal(accel_item_integer(outs[0]), 3);
        assert_int_equal(accel_op_into(outs, 1, "aten::equal", x, x), ACCEL_OK);
        assert_int_equal(accel_tensor_dtype(outs[0]), ACCEL_BOOLEAN);
        assert_int_equal(accel_item_integer(outs[0]), 1);
        assert_true(accel_item(accel_op("aten::item", accel_full(0.1, ACCEL_FLOAT64, NULL, 0))) == 0.1);
        /* Nothing at all; and a gradient that was not asked for. */
        accel_tensor *mean[] = {accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2))};
        assert_int_equal(accel_op_into(NULL, 0, "aten::_foreach_add_.Scalar", ACCEL_TENSORS(mean[0]), 2),
                         ACCEL_OK);
        EXPECT_VALUES(mean[0], 0, 2, 2);
        assert_null(accel_op("aten::_foreach_add_.Scalar", ACCEL_TENSORS(mean[0]), 2));
        expect_failure(ACCEL_EINVAL, "aten::_foreach_add_.Scalar: has no result; use accel_op_into");
        accel_tensor *w = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(3));
        accel_op_into(outs, 3, "aten::native_layer_norm", x, ACCEL_INTS(3), w, w, 1e-5);
        accel_op_into(outs, 3, "aten::native_layer_norm_backward", x, x, ACCEL_INTS(3), outs[1], outs[2], w, w,
                      ACCEL_INTS(1, 0, 1));
        expect_no_failure();
        expect_shape(outs[0], ACCEL_SHAPE(2, 3));
        assert_null(outs[1]);
        EXPECT_VALUES(outs[2], 0, 7, 7, 7);
    }
}

static void works_in_place_on_the_same_storage(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2)),
                     *y = accel_op("aten::add_.Scalar", x, 1.5);
        assert_ptr_not_equal(x, y);
        assert_ptr_equal(accel_tensor_data(x), accel_tensor_data(y));
        EXPECT_VALUES(x, 0, 1.5, 1.5);
    }
}

static void takes_many_arguments(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 1, 3, 3)),
                     *w = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 1, 2, 2));
        accel_tensor *y =
            accel_op("aten::_convolution", x, w, ACCEL_NONE, ACCEL_INTS(1, 1), ACCEL_INTS(0, 0),
                     ACCEL_INTS(1, 1), ACCEL_BOOL(false), ACCEL_INTS(0, 0), 1, false, false, false, true);
        EXPECT_VALUES(y, 0, 4, 4, 4, 4);
        accel_op("aten::relu", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
        expect_failure(ACCEL_EINVAL, "aten::relu: takes 1 arguments, got 20");
    }
}

static void refuses_names(void **state)
{
    (void)state;
    char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const names[] = {"",
                                 ".",
                                 "::",
                                 "aten",
                                 "aten::",
                                 "aten::add",
                                 "aten::add.",
                                 "add.Tensor",
                                 "%s%n",
                                 "aten::no",
                                 "aten::add.Tensor.",
                                 " aten::relu",
                                 longest};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        EXPECT_REFUSED(accel_op_call(names[i], NULL, 0), ACCEL_ENOTFOUND,
                       "accel_op: no operation is called \"");
    accel_tensor *out = (accel_tensor *)(void *)state;
    assert_int_equal(accel_op_into(&out, 1, "aten::nope"), ACCEL_ENOTFOUND);
    expect_failure(ACCEL_ENOTFOUND, "accel_op: no operation is called \"aten::nope\"; names are like "
                                    "\"aten::add.Tensor\"");
    assert_null(out);
    EXPECT_REFUSED(accel_op_call(NULL, NULL, 0), ACCEL_EINVAL, "accel_op: name is NULL");
    assert_int_equal(accel_op_call_into(&out, 1, NULL, NULL, 0), ACCEL_EINVAL);
    expect_failure(ACCEL_EINVAL, "accel_op: name is NULL");
}

static void refuses_wrong_kinds(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2));
        accel_generator *g = accel_generator_create(1);
#define REFUSED(words, ...) EXPECT_REFUSED(accel_op(__VA_ARGS__), ACCEL_EINVAL, words)
        REFUSED("aten::relu: argument \"self\" cannot be an integer", "aten::relu", 1);
        REFUSED("aten::relu: argument \"self\" cannot be a string", "aten::relu", "x");
        REFUSED("aten::relu: argument \"self\" cannot be a generator", "aten::relu", g);
        REFUSED("aten::relu: argument \"self\" cannot be tensors", "aten::relu", ACCEL_TENSORS(x));
        REFUSED("aten::relu: argument \"self\" is missing", "aten::relu", (accel_tensor *)NULL);
        REFUSED("aten::relu: argument \"self\" is missing", "aten::relu", ACCEL_NONE);
        REFUSED("aten::relu: argument \"self\" is missing", "aten::relu");
        REFUSED("aten::add.Tensor: argument \"other\" is missing", "aten::add.Tensor", x);
        REFUSED("argument \"alpha\" cannot be a truth value", "aten::add.Tensor", x, x, ACCEL_BOOL(1));
        REFUSED("argument \"dim\" cannot be a real", "aten::softmax.int", x, 1.0);
        REFUSED("argument \"dim\" cannot be a tensor", "aten::softmax.int", x, x);
        REFUSED("argument \"size\" cannot be reals", "aten::zeros", ACCEL_REALS(2));
        REFUSED("argument \"size\" cannot be a real", "aten::zeros", 2.0);
        REFUSED("argument \"tensors\" cannot be integers", "aten::cat", ACCEL_INTS(1));
        REFUSED("argument \"tensors\" cannot be a tensor", "aten::cat", x);
        REFUSED("item 1 of argument \"tensors\" is missing", "aten::cat", ACCEL_TENSORS(x, NULL));
        REFUSED("argument \"descending\" cannot be an integer", "aten::argsort", x, 0, 2);
        REFUSED("argument \"descending\" cannot be a real", "aten::argsort", x, 0, 1.0);
        REFUSED("argument \"approximate\" cannot be an integer", "aten::gelu", x, 1);
        REFUSED("argument \"generator\" cannot be a tensor", "aten::rand.generator", ACCEL_INTS(2), x);
        REFUSED("argument \"p\" cannot be a string", "aten::dropout", x, "0.1", true);
        REFUSED("aten::relu: takes 1 arguments, got 2", "aten::relu", x, x);
        assert_null(accel_op("aten::zeros", ACCEL_INTS(2), ACCEL_NONE, ACCEL_NONE, "nowhere"));
        expect_failure_with(ACCEL_EENGINE, "aten::zeros: ");
    }
}

static void refuses_wrong_counts_of_results(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, 2)), *outs[300];
        size_t live = accel_live_handles();
        EXPECT_REFUSED(accel_op("aten::max.dim", x, 0), ACCEL_EINVAL,
                       "aten::max.dim: gives 2 results, 1 expected");
        for (size_t count = 0; count < 4; count++) {
            if (count == 2)
                continue;
            outs[0] = x;
            char text[80];
            assert_int_equal(accel_op_into(outs, count, "aten::max.dim", x, 0), ACCEL_EINVAL);
            snprintf(text, sizeof text, "aten::max.dim: gives 2 results, %zu expected", count);
            expect_failure(ACCEL_EINVAL, text);
            assert_ptr_equal(outs[0], count ? NULL : x);
        }
        assert_int_equal(accel_op_into(outs, 300, "aten::max.dim", x, 0), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL,
                       "accel_op_call_into: outs_count is 300, at most 256 results are supported");
        assert_int_equal(accel_op_into(NULL, 2, "aten::max.dim", x, 0), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_op_call_into: outs is NULL, outs_count is 2");
        assert_int_equal(accel_live_handles(), live);
    }
}

/* What macros never make, but a program in another language may. */
static void refuses_values_that_point_nowhere(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)), *stale = NULL;
        accel_generator *ended = NULL;
        accel_scoped() {
            stale = accel_clone(x);
            ended = accel_generator_create(1);
        }
        const accel_value_kind pointers[] = {ACCEL_VALUE_STRING, ACCEL_VALUE_INTEGERS, ACCEL_VALUE_REALS,
                                             ACCEL_VALUE_TENSORS};
        for (int i = 0; i < 4; i++) {
            const accel_value value = {.kind = pointers[i], .count = 3};
            EXPECT_REFUSED(accel_op_call("aten::relu", &value, 1), ACCEL_EINVAL,
                           "aten::relu: an array or a string is NULL");
        }
        const accel_value strange = {.kind = (accel_value_kind)77};
        EXPECT_REFUSED(accel_op_call("aten::relu", &strange, 1), ACCEL_EINVAL,
                       "aten::relu: 77 is no kind of value");
        EXPECT_REFUSED(accel_op_call("aten::relu", NULL, 1), ACCEL_EINVAL,
                       "aten::relu: arguments is NULL, count is 1");
        REFUSED("generator is NULL", "aten::rand.generator", ACCEL_INTS(2), (accel_generator *)NULL);
        EXPECT_REFUSED(accel_op("aten::relu", stale), ACCEL_ESTALE,
                       "aten::relu: argument: this tensor ended with its ");
        EXPECT_REFUSED(accel_op("aten::cat", ACCEL_TENSORS(x, stale)), ACCEL_ESTALE, "use accel_keep()");
        EXPECT_REFUSED(accel_op("aten::rand.generator", ACCEL_INTS(2), ended), ACCEL_ESTALE,
                       "use accel_keep()");
        EXPECT_REFUSED(accel_op("aten::relu", (accel_tensor *)(void *)accel_generator_default()), ACCEL_EINVAL,
                       "aten::relu: argument is a generator, expected a tensor");
    }
}

static void does_nothing_after_a_failure(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2)), *outs[2] = {x, x};
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_null(accel_op("aten::add_.Scalar", x, 1));
        assert_null(accel_op("aten::nope"));
        assert_int_equal(accel_op_into(outs, 2, "aten::max.dim", x, 0), ACCEL_EIO);
        assert_true(!outs[0] && !outs[1]);
        expect_failure(ACCEL_EIO, "test: first");
        EXPECT_VALUES(x, 0, 0, 0);
    }
}

/* Names are looked up, and failures recorded, by all threads at once. */
static void *call_by_name(void *argument)
{
    static const char *const names[] = {"aten::sin",  "aten::cos",  "aten::tan",
                                        "aten::asin", "aten::sinh", "aten::atan"};
    bool good = true;
    for (int i = 0; i < 120; i++)
        accel_scoped() {
            accel_tensor *zero = accel_scalar(0, ACCEL_FLOAT64);
            good = good && accel_item(accel_op(names[i % 6], zero)) == (i % 6 == 1);
            good = good && !accel_op("aten::unheard_of", zero) && accel_error_status() == ACCEL_ENOTFOUND;
            accel_error_clear();
        }
    *(bool *)argument = good;
    return NULL;
}

static void is_called_by_several_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool good[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_by_name, &good[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(good[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_every_kind_of_argument),
        TEST(takes_plain_c_values),
        TEST(gives_every_kind_of_result),
        TEST(works_in_place_on_the_same_storage),
        TEST(takes_many_arguments),
        TEST(refuses_names),
        TEST(refuses_wrong_kinds),
        TEST(refuses_wrong_counts_of_results),
        TEST(refuses_values_that_point_nowhere),
        TEST(does_nothing_after_a_failure),
        TEST(is_called_by_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
