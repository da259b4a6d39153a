/* Optimizers and schedulers when memory is short. Every test ends with no live handle. */
#include "tensors.h"

#include <accel/dict.h>

#include "base/memory.h"
#include "optim/optimizer.h"
#include "optim/scheduler.h"

enum { PARAMETERS = 3 };

/* Parameters that are zero and have a gradient of one; the dict's alone. */
static accel_dict *make_parameters(void)
{
    accel_dict *dict = accel_dict_create();
    for (int i = 0; i < PARAMETERS; i++)
        accel_scoped() {
            accel_tensor *p = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2));
            accel_set_requires_grad(p, true);
            accel_set_grad(p, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
            accel_dict_set(dict, (const char[]){(char)('a' + i), '\0'}, p);
        }
    expect_no_failure();
    return dict;
}

static accel_optimizer *make_optimizer(void)
{
    accel_adamw_options options = accel_adamw_options_default();
    options.amsgrad = true;
    return adamw_create(&options);
}

/* Each allocation fails in turn. A step that did not happen is taken again as if it had not been tried. */
static void survives_failing_allocations(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        accel_dict *dict = make_parameters();
        memory_fail_at(nth);
        accel_optimizer *adamw = make_optimizer();
        accel_status added = accel_optimizer_add_group(adamw, dict);
        accel_status stepped = accel_optimizer_step(adamw);
        memory_fail_at(0);
        accel_error_clear();
        if (added == ACCEL_OK && stepped != ACCEL_OK) {
            assert_int_equal(stepped, ACCEL_ENOMEM);
            EXPECT_VALUES(accel_dict_tensor(dict, 2), 0, 0, 0);
            assert_int_equal(accel_optimizer_step(adamw), ACCEL_OK);
        }
        for (size_t i = 0; added == ACCEL_OK && i < PARAMETERS; i++)
            EXPECT_VALUES(accel_dict_tensor(dict, i), 1e-6, -1e-3, -1e-3);
        accel_free(adamw);
        accel_free(dict);
        assert_int_equal(accel_live_handles(), 0);
        if (stepped == ACCEL_OK) {
            assert_true(nth > 4);
            return;
        }
    }
}

/* The means are two, and with amsgrad three, tensors for each parameter, from its first step on. */
static void keeps_its_means(void **state)
{
    (void)state;
    accel_dict *dict = make_parameters();
    accel_optimizer *adamw = make_optimizer();
    accel_optimizer_add_group(adamw, dict);
    size_t live = accel_live_handles();
    for (int step = 0; step < 3; step++) {
        assert_int_equal(accel_optimizer_step(adamw), ACCEL_OK);
        assert_int_equal(accel_live_handles(), live + 3 * PARAMETERS);
    }
    accel_free(dict);
    assert_int_equal(accel_optimizer_step(adamw), ACCEL_OK);
    accel_free(adamw);
}

/* State that is there before the first step changes nothing about that: it begins with the first gradient, undamped. */
static void starts_before_the_first_step(void **state)
{
    (void)state;
    accel_sgd_options options = accel_sgd_options_default();
    options.lr = 1;
    options.momentum = options.dampening = 0.5;
    accel_dict *dict = make_parameters();
    accel_optimizer *sgd = sgd_create(&options);
    accel_optimizer_add_group(sgd, dict);
    size_t live = accel_live_handles();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(optimizer_start(sgd), ACCEL_OK);
        assert_int_equal(accel_live_handles(), live + PARAMETERS);
    }
    assert_int_equal(accel_optimizer_step(sgd), ACCEL_OK);
    assert_int_equal(accel_live_handles(), live + PARAMETERS);
    for (size_t i = 0; i < PARAMETERS; i++)
        EXPECT_VALUES(accel_dict_tensor(dict, i), 0, -1, -1);
    accel_free(sgd);
    accel_free(dict);
}

static void schedulers_survive_failing_allocations(void **state)
{
    (void)state;
    accel_dict *dict = make_parameters();
    accel_optimizer *adamw = make_optimizer();
    accel_optimizer_add_group(adamw, dict);
    accel_scheduler *made = NULL;
    size_t nth = 0, live = accel_live_handles();
    while (!made) {
        memory_fail_at(++nth);
        made = accel_scheduler_create("reduce_lr_on_plateau", adamw, .min_lrs = (const double[]){0.1},
                                      .min_lrs_count = 1);
        memory_fail_at(0);
        assert_int_equal(accel_error_status(), made ? ACCEL_OK : ACCEL_ENOMEM);
        accel_error_clear();
        assert_int_equal(accel_live_handles(), live + (made != NULL));
    }
    assert_true(nth > 2);
    accel_free(made);
    accel_free(adamw);
    accel_free(dict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(survives_failing_allocations),
        TEST(keeps_its_means),
        TEST(starts_before_the_first_step),
        TEST(schedulers_survive_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
