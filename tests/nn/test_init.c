/* Initialisations: the numbers of torch.nn.init, bit by bit; those of $ACCEL_TEST_ORACLE/nn/init and the streams they draw. */
#include "oracle.h"

#include <accel/init.h>
#include <accel/layers.h>
#include <accel/module.h>
#include <accel/random.h>

static accel_tensor *room(const int64_t *sizes, size_t rank) { return accel_empty(ACCEL_FLOAT32, sizes, rank); }

static void draws_what_pytorch_draws(void **state)
{
    (void)state;
    accel_dict *oracle = open_oracle(__func__, "nn", "init");
    accel_scoped() {
        /* The layers that the oracle makes before. */
        accel_set_seed(42);
        accel_linear(7, 5);
        accel_embedding(11, 4);
        accel_embedding(5, 3);
        expect_same("next", accel_rand(NULL, ACCEL_SHAPE(4)), accel_get(oracle, "next"));
        accel_tensor *kaiming = room(ACCEL_SHAPE(4, 3, 2)), *xavier = room(ACCEL_SHAPE(4, 6));
        assert_int_equal(accel_init_kaiming_uniform(kaiming, 0.3), ACCEL_OK);
        assert_int_equal(accel_init_xavier_uniform(xavier, 1.5), ACCEL_OK);
        expect_same("kaiming", kaiming, accel_get(oracle, "kaiming"));
        expect_same("xavier", xavier, accel_get(oracle, "xavier"));
    }
    accel_free(oracle);
}

static void draws_from_the_default_generator(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = room(ACCEL_SHAPE(9)), *y = room(ACCEL_SHAPE(9));
        accel_generator *g = accel_generator_create(5);
        accel_set_seed(5);
        assert_int_equal(accel_init_uniform(x, -3, 4), ACCEL_OK);
        accel_fill_uniform(y, -3, 4, g);
        expect_same("uniform", x, y);
        assert_int_equal(accel_init_normal(x, 2, 0.5), ACCEL_OK);
        accel_fill_normal(y, 2, 0.5, g);
        expect_same("normal", x, y);
        accel_tensor *before = accel_generator_state(NULL);
        assert_int_equal(accel_init_constant(x, -2.5), ACCEL_OK);
        EXPECT_VALUES(x, 0, -2.5, -2.5, -2.5, -2.5, -2.5, -2.5, -2.5, -2.5, -2.5);
        expect_same("state", accel_generator_state(NULL), before);
    }
}

static void is_not_recorded(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = room(ACCEL_SHAPE(4, 4));
        accel_set_requires_grad(x, true);
        assert_int_equal(accel_init_uniform(x, 0, 1), ACCEL_OK);
        assert_int_equal(accel_init_normal(x, 0, 1), ACCEL_OK);
        assert_int_equal(accel_init_kaiming_uniform(x, 0), ACCEL_OK);
        assert_int_equal(accel_init_xavier_uniform(x, 1), ACCEL_OK);
        assert_int_equal(accel_init_constant(x, 2), ACCEL_OK);
        accel_backward(accel_sum(accel_square(x)));
        EXPECT_VALUES(accel_select(accel_grad(x), 0, 0), 0, 4, 4, 4, 4);
    }
}

/* kaiming: gain · sqrt(3 / fan_in); xavier: gain · sqrt(6 / (fan_in + fan_out)). */
static void keeps_to_the_bounds(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = room(ACCEL_SHAPE(50, 20, 3));
        accel_init_kaiming_uniform(x, 0);
        double largest = accel_item(accel_max(accel_abs(x))), bound = sqrt(2) * sqrt(3.0 / 60);
        assert_true(largest <= bound && largest > 0.98 * bound);
        accel_init_xavier_uniform(x, 2);
        largest = accel_item(accel_max(accel_abs(x)));
        bound = 2 * sqrt(6.0 / (60 + 150));
        assert_true(largest <= bound && largest > 0.98 * bound);
    }
}

static void refuses_tensors(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *line = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(3)),
                     *n = accel_zeros(ACCEL_INT64, ACCEL_SHAPE(2, 2));
        assert_int_equal(accel_init_kaiming_uniform(line, 0), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL,
                       "accel_init_kaiming_uniform: tensor must have 2 dimensions or more, got 1");
        assert_int_equal(accel_init_xavier_uniform(accel_scalar(1, ACCEL_FLOAT32), 1), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_init_xavier_uniform: tensor must have 2 dimensions or more, got 0");
        assert_int_equal(accel_init_kaiming_uniform(NULL, 0), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_init_kaiming_uniform: tensor is NULL");
        assert_int_equal(accel_init_normal(n, 0, 1), ACCEL_EUNSUPPORTED);
        expect_failure_with(ACCEL_EUNSUPPORTED, "accel_fill_normal: ");
        assert_int_equal(accel_init_uniform(line, 1, 0), ACCEL_EENGINE);
        expect_failure_with(ACCEL_EENGINE, "accel_fill_uniform: ");
        assert_int_equal(accel_init_constant(NULL, 0), ACCEL_EINVAL);
        expect_failure_with(ACCEL_EINVAL, "accel_fill_in_place: ");
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_init_constant(line, 9), ACCEL_EIO);
        assert_int_equal(accel_init_uniform(line, 0, 1), ACCEL_EIO);
        assert_int_equal(accel_init_normal(line, 0, 1), ACCEL_EIO);
        assert_int_equal(accel_init_kaiming_uniform(n, 1), ACCEL_EIO);
        assert_int_equal(accel_init_xavier_uniform(n, 1), ACCEL_EIO);
        expect_failure(ACCEL_EIO, "test: first");
        EXPECT_VALUES(line, 0, 1, 1, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(draws_what_pytorch_draws), TEST(draws_from_the_default_generator),
        TEST(is_not_recorded),          TEST(keeps_to_the_bounds),
        TEST(refuses_tensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
