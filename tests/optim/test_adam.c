/* Adam: what its options are and may be. Its steps are in test_step.c. */
#include "tensors.h"

#include "adam_options.h"

#include <accel/layers.h>
#include <accel/optimizer.h>

/* Weight decay is part of the gradient, and the first step moves by the learning rate whatever size that has. */
static void decays_through_the_gradient(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_linear(2, 1, .bias = false);
        accel_tensor *w = accel_module_tensor(model, "weight");
        accel_no_grad() {
            accel_fill_in_place(w, 2);
        }
        accel_optimizer *adam = accel_adam(model, .lr = 0.5, .weight_decay = 0.25);
        accel_set_grad(w, accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
        assert_int_equal(accel_optimizer_step(adam), ACCEL_OK);
        EXPECT_VALUES(w, 1e-6, 1.5, 1.5);
    }
}

static void refuses_options(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_linear(2, 2);
        EXPECT_REFUSED(accel_adam(model, .lr = -1), ACCEL_EINVAL,
                       "accel_adam: lr must not be negative, got -1");
        EXPECT_REFUSED(accel_adam(model, .beta1 = 1), ACCEL_EINVAL,
                       "accel_adam: beta1 must be in [0, 1), got 1");
        EXPECT_REFUSED(accel_adam(model, .beta2 = 1), ACCEL_EINVAL,
                       "accel_adam: beta2 must be in [0, 1), got 1");
        EXPECT_REFUSED(accel_adam(model, .eps = (double)NAN), ACCEL_EINVAL,
                       "accel_adam: eps must not be negative, got ");
        EXPECT_REFUSED(accel_adam(model, .weight_decay = -2), ACCEL_EINVAL,
                       "accel_adam: weight_decay must not be negative, got -2");
        EXPECT_REFUSED(accel_adam_with(model, &(accel_adam_options){.struct_size = 1000}), ACCEL_EINVAL,
                       "accel_adam: options.struct_size is 1000");
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_null(accel_adam(model));
        expect_failure(ACCEL_EIO, "test: first");
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_adam_options plain = accel_adam_options_default(), seen;
#define accel_adam_with(model, options) (seen = *(options))
    (void)accel_adam(NULL);
    expect_same_options(plain, seen);
    assert_true(plain.weight_decay == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(decays_through_the_gradient),
        TEST(refuses_options),
        TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
