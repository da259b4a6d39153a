/* SGD: what its options are and may be, and its momentum. Its steps are in test_step.c, too. */
#include "tensors.h"

#include <accel/dict.h>
#include <accel/layers.h>
#include <accel/optimizer.h>

/* A parameter that is zero, in `dict` under that name. */
static accel_tensor *add_parameter(accel_dict *dict, const char *name)
{
    accel_tensor *p = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1));
    accel_set_requires_grad(p, true);
    accel_dict_set(dict, name, p);
    return p;
}

static void step_with(accel_optimizer *sgd, accel_tensor *a, accel_tensor *b)
{
    accel_tensor *const parameters[] = {a, b};
    for (int i = 0; i < 2; i++)
        if (parameters[i])
            accel_set_grad(parameters[i], accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1)));
    assert_int_equal(accel_optimizer_step(sgd), ACCEL_OK);
    accel_optimizer_zero_grad(sgd);
}

/* Each parameter's sum begins with its own first gradient, undamped, whoever else is in the group. */
static void starts_each_sum_by_itself(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *group = accel_dict_create();
        accel_tensor *a = add_parameter(group, "a"), *b = add_parameter(group, "b"),
                     *c = add_parameter(group, "c");
        accel_optimizer *sgd = accel_sgd(NULL, .lr = 1, .momentum = 0.5, .dampening = 0.5);
        accel_optimizer_add_group(sgd, group);
        step_with(sgd, a, c);
        EXPECT_VALUES(a, 0, -1);
        EXPECT_VALUES(b, 0, 0);
        step_with(sgd, a, b);
        EXPECT_VALUES(a, 0, -2);
        EXPECT_VALUES(b, 0, -1);
        EXPECT_VALUES(c, 0, -1);
        accel_optimizer_set_lr(sgd, 0, 0);
        step_with(sgd, b, c);
        EXPECT_VALUES(b, 0, -1);
    }
}

/* Momentum is one tensor for each parameter, and only where there is some. */
static void keeps_its_sums(void **state)
{
    (void)state;
    static const double momenta[] = {0, 0.9};
    for (int i = 0; i < 2; i++)
        accel_scoped() {
            accel_dict *group = accel_dict_create();
            accel_tensor *a = add_parameter(group, "a"), *b = add_parameter(group, "b");
            accel_optimizer *sgd = accel_sgd(NULL, .momentum = momenta[i]);
            accel_optimizer_add_group(sgd, group);
            size_t live = accel_live_handles();
            for (int step = 0; step < 3; step++)
                accel_scoped() {
                    step_with(sgd, a, b);
                }
            assert_int_equal(accel_live_handles(), live + (i == 0 ? 0 : 2));
        }
}

static void refuses_options(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_linear(2, 2);
#define REFUSED(text, ...) EXPECT_REFUSED(accel_sgd(model, __VA_ARGS__), ACCEL_EINVAL, "accel_sgd: " text)
        REFUSED("lr must not be negative, got -1", .lr = -1);
        REFUSED("lr must be finite, got inf", .lr = (double)INFINITY);
        REFUSED("momentum must not be negative, got -0.5", .momentum = -0.5);
        REFUSED("momentum must not be negative, got ", .momentum = (double)NAN);
        REFUSED("weight_decay must not be negative, got -2", .weight_decay = -2);
        REFUSED("dampening must be finite, got ", .dampening = (double)NAN);
        REFUSED("nesterov needs momentum and no dampening, got momentum 0 and dampening 0", .nesterov = true);
        REFUSED("nesterov needs momentum and no dampening, got momentum 0.9 and dampening 0.1",
                .nesterov = true, .momentum = 0.9, .dampening = 0.1);
        EXPECT_REFUSED(accel_sgd_with(model, &(accel_sgd_options){.struct_size = 1000}), ACCEL_EINVAL,
                       "accel_sgd: options.struct_size is 1000");
        EXPECT_REFUSED(accel_sgd(accel_relu_module()), ACCEL_EINVAL, "parameters is empty");
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_null(accel_sgd(model));
        expect_failure(ACCEL_EIO, "test: first");
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_sgd_options plain = accel_sgd_options_default(), seen;
#define accel_sgd_with(model, options) (seen = *(options))
    (void)accel_sgd(NULL);
    assert_int_equal(plain.struct_size, sizeof plain);
    EXPECT_SAME_MEMBER(plain, seen, struct_size);
    EXPECT_SAME_MEMBER(plain, seen, lr);
    EXPECT_SAME_MEMBER(plain, seen, momentum);
    EXPECT_SAME_MEMBER(plain, seen, dampening);
    EXPECT_SAME_MEMBER(plain, seen, weight_decay);
    EXPECT_SAME_MEMBER(plain, seen, nesterov);
    EXPECT_SAME_MEMBER(plain, seen, maximize);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(starts_each_sum_by_itself),
        TEST(keeps_its_sums),
        TEST(refuses_options),
        TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
