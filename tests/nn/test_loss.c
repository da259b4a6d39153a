/* Losses against PyTorch's results, in $ACCEL_TEST_ORACLE/nn, within 1e-6 of the largest element; and by hand. */
#include "oracle.h"

#include <accel/loss.h>

static const double tolerance = 1e-6;

static accel_tensor *leaf_of(accel_tensor *values)
{
    accel_tensor *x = accel_clone(values);
    accel_set_requires_grad(x, true);
    return x;
}

static void losses_are_pytorchs(void **state)
{
    (void)state;
    static const char *const files[] = {"cross_entropy",        "cross_entropy_weight",
                                        "cross_entropy_ignore", "cross_entropy_weight_ignore",
                                        "cross_entropy_sum",    "mse"};
    for (int i = 0; i < 6; i++) {
        accel_dict *oracle = open_oracle(__func__, "nn", files[i]);
        accel_scoped() {
            accel_tensor *x = leaf_of(accel_get(oracle, "input")), *target = accel_get(oracle, "target");
            accel_tensor *weight = accel_dict_has(oracle, "weight") ? accel_get(oracle, "weight") : NULL;
            accel_tensor *loss = i == 5   ? accel_mse_loss(x, target)
                                 : i == 4 ? accel_cross_entropy(x, target, .reduction = ACCEL_REDUCTION_SUM)
                                          : accel_cross_entropy(x, target, .weight = weight);
            expect_close(files[i], loss, accel_get(oracle, "output"), tolerance);
            accel_backward(loss);
            expect_close("gradient", accel_grad(x), accel_get(oracle, "grad.input"), tolerance);
        }
        accel_free(oracle);
    }
}

static void cross_entropy_by_hand(void **state)
{
    (void)state;
    const double a = log(1 + exp(-1)), b = log(1 + exp(2)); /* the losses of the two items */
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(2, 2), 1, 0, 0, -2), *target = INTEGERS(ACCEL_SHAPE(2), 0, 1);
        accel_tensor *weight = FLOATS(ACCEL_SHAPE(2), 1, 3);
        EXPECT_VALUES(accel_cross_entropy(x, target, .reduction = ACCEL_REDUCTION_NONE), tolerance, a, b);
        EXPECT_VALUES(accel_cross_entropy(x, target), tolerance, (a + b) / 2);
        EXPECT_VALUES(accel_cross_entropy(x, target, .reduction = ACCEL_REDUCTION_SUM), tolerance, a + b);
        EXPECT_VALUES(accel_cross_entropy(x, target, .weight = weight), tolerance, (a + 3 * b) / 4);
        EXPECT_VALUES(accel_cross_entropy(x, target, .ignore_index = 0), tolerance, b);
        EXPECT_VALUES(accel_cross_entropy(x, INTEGERS(ACCEL_SHAPE(2), -100, -100)), 0, (double)NAN);
        /* Smoothed: the mean over all classes gets a share of 0.2. */
        EXPECT_VALUES(accel_cross_entropy(x, target, .label_smoothing = 0.2), tolerance,
                      0.8 * (a + b) / 2 + 0.2 * ((a + (a + 1)) / 2 + (b + (b - 2)) / 2) / 2);
        /* One item without a batch. */
        expect_shape(accel_cross_entropy(accel_select(x, 0, 0), accel_scalar(0, ACCEL_INT64)), NULL, 0);
        EXPECT_VALUES(accel_cross_entropy(accel_select(x, 0, 0), accel_scalar(0, ACCEL_INT64)), tolerance, a);
    }
}

static void mse_by_hand(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(3), 1, 2, 3), *target = FLOATS(ACCEL_SHAPE(3), 1, 0, 6);
        EXPECT_VALUES(accel_mse_loss(x, target), tolerance, 13.0 / 3);
        EXPECT_VALUES(accel_mse_loss(x, target, .reduction = ACCEL_REDUCTION_SUM), 0, 13);
        EXPECT_VALUES(accel_mse_loss(x, target, .reduction = ACCEL_REDUCTION_NONE), 0, 0, 4, 9);
    }
}

static void refuses_targets(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 3)), *stale = NULL;
        accel_tensor *target = accel_zeros(ACCEL_INT64, ACCEL_SHAPE(2));
        accel_scoped() {
            stale = accel_clone(target);
        }
        EXPECT_REFUSED(accel_cross_entropy(x, INTEGERS(ACCEL_SHAPE(2), 0, 3)), ACCEL_EINVAL,
                       "accel_cross_entropy: Target 3 is out of bounds.");
        EXPECT_REFUSED(accel_cross_entropy(x, INTEGERS(ACCEL_SHAPE(2), 0, -1)), ACCEL_EINVAL,
                       "accel_cross_entropy: Target -1 is out of bounds.");
        EXPECT_REFUSED(accel_cross_entropy(x, accel_arange(3)), ACCEL_EINVAL, "accel_cross_entropy: ");
        EXPECT_REFUSED(accel_cross_entropy(x, accel_to_dtype(target, ACCEL_INT32)), ACCEL_EENGINE,
                       "accel_cross_entropy: ");
        EXPECT_REFUSED(accel_cross_entropy(x, target, .weight = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2))),
                       ACCEL_EENGINE, "accel_cross_entropy: ");
        EXPECT_REFUSED(accel_cross_entropy(x, target, .label_smoothing = 1.5), ACCEL_EENGINE,
                       "accel_cross_entropy: ");
        EXPECT_REFUSED(accel_cross_entropy(x, target, .reduction = (accel_reduction)3), ACCEL_EINVAL,
                       "accel_cross_entropy: reduction 3 is unknown");
        EXPECT_REFUSED(accel_cross_entropy(x, NULL), ACCEL_EINVAL,
                       "accel_cross_entropy: argument \"target\" is missing");
        EXPECT_REFUSED(accel_cross_entropy(x, stale), ACCEL_ESTALE, "use accel_keep()");
        EXPECT_REFUSED(accel_mse_loss(x, accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(3))), ACCEL_EINVAL,
                       "accel_mse_loss: input has shape (2, 3), target has (3,)");
        EXPECT_REFUSED(accel_mse_loss(x, x, .reduction = (accel_reduction)-1), ACCEL_EINVAL,
                       "accel_mse_loss: reduction -1 is unknown");
        EXPECT_REFUSED(accel_mse_loss(x, NULL), ACCEL_EINVAL, "accel_mse_loss: tensor is NULL");
        EXPECT_REFUSED(accel_mse_loss_with(x, x, &(accel_mse_loss_options){.struct_size = 2}), ACCEL_EINVAL,
                       "accel_mse_loss: options.struct_size is 2");
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_true(!accel_mse_loss(x, x) && !accel_cross_entropy(x, target));
        expect_failure(ACCEL_EIO, "test: first");
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_cross_entropy_options entropy = accel_cross_entropy_options_default(), seen_entropy;
    accel_mse_loss_options mse = accel_mse_loss_options_default(), seen_mse;
#define accel_cross_entropy_with(logits, target, options) (seen_entropy = *(options))
#define accel_mse_loss_with(input, target, options) (seen_mse = *(options))
    (void)accel_cross_entropy(NULL, NULL);
    (void)accel_mse_loss(NULL, NULL);
    assert_int_equal(entropy.struct_size, sizeof entropy);
    EXPECT_SAME_MEMBER(entropy, seen_entropy, struct_size);
    EXPECT_SAME_MEMBER(entropy, seen_entropy, weight);
    EXPECT_SAME_MEMBER(entropy, seen_entropy, reduction);
    EXPECT_SAME_MEMBER(entropy, seen_entropy, ignore_index);
    EXPECT_SAME_MEMBER(entropy, seen_entropy, label_smoothing);
    assert_int_equal(mse.struct_size, sizeof mse);
    EXPECT_SAME_MEMBER(mse, seen_mse, struct_size);
    EXPECT_SAME_MEMBER(mse, seen_mse, reduction);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(losses_are_pytorchs), TEST(cross_entropy_by_hand),    TEST(mse_by_hand),
        TEST(refuses_targets),     TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
