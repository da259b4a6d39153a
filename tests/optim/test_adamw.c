/* What optimizers do with parameters and gradients, seen with AdamW. */
#include "tensors.h"

#include "adam_options.h"

#include <accel/dict.h>
#include <accel/layers.h>
#include <accel/loss.h>
#include <accel/optimizer.h>

/* The rule itself, in double precision, on parameters of every floating dtype that an optimizer meets. */
static double reference(double p, double g, double *m, double *v, int step, double lr, double decay)
{
    *m = 0.9 * *m + 0.1 * g;
    *v = 0.999 * *v + 0.001 * g * g;
    double mean = *m / (1 - pow(0.9, step)), root = sqrt(*v / (1 - pow(0.999, step)));
    return p * (1 - lr * decay) - lr * mean / (root + 1e-8);
}

static void steps_every_floating_dtype(void **state)
{
    (void)state;
    static const accel_dtype dtypes[] = {ACCEL_FLOAT64, ACCEL_FLOAT32, ACCEL_BFLOAT16};
    static const double tolerances[] = {1e-12, 1e-6, 2e-2};
    accel_scoped() {
        accel_dict *group = accel_dict_create();
        for (int i = 0; i < 3; i++) {
            accel_tensor *p = accel_full(0.5, dtypes[i], ACCEL_SHAPE(3));
            accel_set_requires_grad(p, true);
            accel_dict_set(group, accel_dtype_name(dtypes[i]), p);
        }
        accel_optimizer *optimizer = accel_adamw(NULL, .lr = 0.1, .weight_decay = 0.2);
        accel_optimizer_add_group(optimizer, group);
        double p = 0.5, m = 0, v = 0;
        for (int step = 1; step <= 3; step++) {
            double g = step == 2 ? -0.25 : 0.5;
            for (size_t i = 0; i < 3; i++)
                accel_set_grad(accel_dict_tensor(group, i), accel_full(g, dtypes[i], ACCEL_SHAPE(3)));
            assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
            p = reference(p, g, &m, &v, step, 0.1, 0.2);
            for (size_t i = 0; i < 3; i++)
                EXPECT_VALUES(accel_dict_tensor(group, i), tolerances[i], p, p, p);
        }
    }
}

/* A parameter in a simulation's own memory, with other values between its own; and one that lies crosswise. */
static void steps_parameters_with_gaps(void **state)
{
    (void)state;
    float memory[4][6];
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 6; k++)
            memory[i][k] = -9;
    accel_scoped() {
        accel_tensor *gaps =
            accel_tensor_wrap(memory, ACCEL_FLOAT32, ACCEL_SHAPE(2, 3), .strides = ((const int64_t[]){12, 2}));
        accel_tensor *crosswise = accel_transpose(accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(3, 2)), 0, 1);
        accel_tensor *plain = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 3)), *list[] = {gaps, crosswise, plain};
        accel_dict *group = accel_dict_create();
        accel_fill_in_place(gaps, 0);
        for (int i = 0; i < 3; i++) {
            accel_set_requires_grad(list[i], true);
            accel_dict_set(group, (const char *const[]){"gaps", "crosswise", "plain"}[i], list[i]);
        }
        accel_optimizer *optimizer = accel_adamw(NULL, .lr = 0.1);
        accel_optimizer_add_group(optimizer, group);
        for (int step = 0; step < 3; step++) {
            accel_tensor *g = FLOATS(ACCEL_SHAPE(2, 3), 1, 2, 3, (float)step, -5, 6);
            for (int i = 0; i < 3; i++)
                accel_set_grad(list[i], accel_clone(g));
            assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
            expect_same("crosswise", accel_contiguous(crosswise), plain);
            expect_same("gaps", accel_contiguous(gaps), plain);
        }
    }
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 6; k++)
            assert_true((i % 2 == 0 && k % 2 == 0) == (memory[i][k] != -9));
}

static void learns(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_linear(1, 1);
        accel_optimizer *optimizer = accel_adamw(model, .lr = 0.1, .weight_decay = 0);
        accel_tensor *x = FLOATS(ACCEL_SHAPE(4, 1), -1, 0, 1, 2), *y = FLOATS(ACCEL_SHAPE(4, 1), -5, -2, 1, 4);
        double loss = INFINITY;
        for (int step = 0; step < 300; step++)
            accel_scoped() {
                accel_tensor *error = accel_mse_loss(accel_forward(model, x), y);
                accel_backward(error);
                accel_optimizer_step(optimizer);
                accel_optimizer_zero_grad(optimizer);
                loss = accel_item(error);
            }
        assert_true(loss < 1e-4);
        EXPECT_VALUES(accel_module_tensor(model, "weight"), 0.02, 3);
        EXPECT_VALUES(accel_module_tensor(model, "bias"), 0.02, -2);
    }
}

/* Steps are taken of what has a gradient; without any nothing moves, weight decay included. */
static void drops_gradients(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_linear(2, 2);
        accel_optimizer *optimizer = accel_adamw(model, .lr = 0.1);
        accel_tensor *w = accel_module_tensor(model, "weight"), *before = accel_clone(accel_detach(w));
        assert_int_equal(accel_optimizer_zero_grad(optimizer), ACCEL_OK);
        assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
        expect_same("weight", w, before);
        accel_backward(accel_sum(accel_square(w)));
        assert_non_null(accel_grad(w));
        assert_int_equal(accel_optimizer_zero_grad(optimizer), ACCEL_OK);
        assert_null(accel_grad(w));
        expect_no_failure();
        assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
        expect_same("weight", w, before);
    }
}

static void retains_its_parameters(void **state)
{
    (void)state;
    accel_module *model = accel_linear(2, 1, .bias = false);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.5, .weight_decay = 0);
    accel_tensor *w = accel_module_tensor(model, "weight");
    accel_scoped() {
        accel_tensor *before = accel_clone(accel_detach(w));
        accel_set_grad(w, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
        accel_free(model);
        assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
        expect_close("weight", w, accel_sub_scalar(before, 0.5), 1e-6);
    }
    accel_free(optimizer);
    assert_true(accel_tensor_numel(w) == -1);
    expect_failure_with(ACCEL_ESTALE, "accel_tensor_numel: ");
}

static void refuses_options(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_linear(2, 2), *stale = NULL;
        accel_scoped() {
            stale = accel_linear(2, 2);
        }
        EXPECT_REFUSED(accel_adamw(model, .lr = -1), ACCEL_EINVAL,
                       "accel_adamw: lr must not be negative, got -1");
        EXPECT_REFUSED(accel_adamw(model, .lr = (double)NAN), ACCEL_EINVAL,
                       "accel_adamw: lr must not be negative, got ");
        EXPECT_REFUSED(accel_adamw(model, .lr = (double)INFINITY), ACCEL_EINVAL,
                       "accel_adamw: lr must be finite, got inf");
        EXPECT_REFUSED(accel_adamw(model, .beta1 = 1), ACCEL_EINVAL,
                       "accel_adamw: beta1 must be in [0, 1), got 1");
        EXPECT_REFUSED(accel_adamw(model, .beta2 = -0.5), ACCEL_EINVAL,
                       "accel_adamw: beta2 must be in [0, 1), got -0.5");
        EXPECT_REFUSED(accel_adamw(model, .eps = -1e-8), ACCEL_EINVAL,
                       "accel_adamw: eps must not be negative, got -1e-08");
        EXPECT_REFUSED(accel_adamw(model, .weight_decay = -2), ACCEL_EINVAL,
                       "accel_adamw: weight_decay must not be negative, got -2");
        EXPECT_REFUSED(accel_adamw(stale), ACCEL_ESTALE, "use accel_keep()");
        EXPECT_REFUSED(accel_adamw(accel_relu_module()), ACCEL_EINVAL, "parameters is empty");
        EXPECT_REFUSED(accel_adamw_with(model, &(accel_adamw_options){.struct_size = 1000}), ACCEL_EINVAL,
                       "accel_adamw: options.struct_size is 1000");
        assert_int_equal(accel_optimizer_step(NULL), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_optimizer_step: optimizer is NULL");
        assert_int_equal(accel_optimizer_zero_grad(NULL), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_optimizer_zero_grad: optimizer is NULL");
    }
}

static void does_nothing_after_a_failure(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_linear(2, 2);
        accel_optimizer *optimizer = accel_adamw(model, .lr = 0.1);
        accel_tensor *w = accel_module_tensor(model, "weight"), *before = accel_clone(accel_detach(w));
        accel_set_grad(w, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, 2)));
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_optimizer_step(optimizer), ACCEL_EIO);
        assert_int_equal(accel_optimizer_zero_grad(optimizer), ACCEL_EIO);
        assert_null(accel_adamw(model));
        expect_failure(ACCEL_EIO, "test: first");
        expect_same("weight", w, before);
        assert_non_null(accel_grad(w));
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_adamw_options plain = accel_adamw_options_default(), seen;
#define accel_adamw_with(model, options) (seen = *(options))
    (void)accel_adamw(NULL);
#undef accel_adamw_with
    expect_same_options(plain, seen);
    accel_optimizer *optimizer = accel_adamw_with(NULL, NULL);
    assert_int_equal(accel_optimizer_group_count(optimizer), 0);
    assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
    accel_free(optimizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps_every_floating_dtype),
        TEST(steps_parameters_with_gaps),
        TEST(learns),
        TEST(drops_gradients),
        TEST(retains_its_parameters),
        TEST(refuses_options),
        TEST(does_nothing_after_a_failure),
        TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
