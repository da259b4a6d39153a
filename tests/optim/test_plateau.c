/* Learning rates that follow a metric, equal to PyTorch's: to the last bit. */
#include "cases.h"

static accel_status take(json_t *item, accel_scheduler *scheduler, size_t step)
{
    json_t *metric = json_array_get(json_object_get(item, "metrics"), step - 1);
    return accel_scheduler_step_with_metric(scheduler,
                                            json_is_null(metric) ? (double)NAN : json_number_value(metric));
}

static void is_pytorch(void **state)
{
    (void)state;
    run_cases(__func__, "plateau.json", take, 6000);
}

/* An optimizer with one group. */
static accel_optimizer *make_optimizer(void) { return accel_adamw(accel_linear(1, 1), .lr = 1); }

/* The rate that is there when it reduces, also of a group that came later; not that of a first schedule. */
static void reduces_what_it_finds(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = make_optimizer();
        accel_scheduler *scheduler =
            accel_scheduler_create("reduce_lr_on_plateau", optimizer, .patience = 0, .factor = 0.5);
        assert_true(accel_scheduler_last_lr(scheduler, 0) == 1);
        accel_scheduler_step_with_metric(scheduler, 3);
        assert_true(accel_scheduler_last_lr(scheduler, 0) == 1);
        accel_optimizer_set_lr(optimizer, 0, 8);
        accel_optimizer_add_group(optimizer, accel_module_parameters(accel_linear(1, 1)), .lr = 16);
        accel_scheduler_step_with_metric(scheduler, 3);
        assert_true(accel_optimizer_lr(optimizer, 0) == 4 && accel_optimizer_lr(optimizer, 1) == 8);
        accel_scheduler_create("constant", optimizer);
        assert_true(accel_optimizer_lr(optimizer, 0) == 4 && accel_optimizer_lr(optimizer, 1) == 8);
    }
}

static void refuses_options(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = make_optimizer();
#define REFUSED(text, ...)                                                                                     \
    EXPECT_REFUSED(accel_scheduler_create("reduce_lr_on_plateau", optimizer, __VA_ARGS__), ACCEL_EINVAL,       \
                   "accel_scheduler_create: " text)
        REFUSED("factor must be less than 1, got 1", .factor = 1);
        REFUSED("factor must not be negative, got -0.1", .factor = -0.1);
        REFUSED("mode must be \"min\" or \"max\", got \"mean\"", .mode = "mean");
        REFUSED("threshold_mode must be \"rel\" or \"abs\", got \"\"", .threshold_mode = "");
        REFUSED("threshold must be finite, got ", .threshold = (double)NAN);
        REFUSED("patience must not be negative, got -1", .patience = -1);
        REFUSED("cooldown must not be negative, got -1", .cooldown = -1);
        REFUSED("min_lr must not be negative, got -1", .min_lr = -1);
        REFUSED("min_lrs_count is 0, the optimizer has 1 groups", .min_lrs = (const double[]){0.1});
        REFUSED("min_lrs must not be negative, got -1", .min_lrs = (const double[]){-1}, .min_lrs_count = 1);
        REFUSED("expected one of min_lr and min_lrs, got both", .min_lr = 0, .min_lrs = (const double[]){0.1},
                .min_lrs_count = 1);
        REFUSED("min_lrs is NULL, min_lrs_count is 1", .min_lrs_count = 1);
        assert_true(accel_optimizer_lr(optimizer, 0) == 1);
    }
}

static void refuses_steps(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = make_optimizer();
        accel_scheduler *plain = accel_scheduler_create("constant", optimizer);
        accel_scheduler *scheduler =
            accel_scheduler_create("reduce_lr_on_plateau", optimizer, .patience = 0,
                                   .min_lrs = (const double[]){0.25}, .min_lrs_count = 1);
        assert_int_equal(accel_scheduler_step(scheduler), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL,
                       "accel_scheduler_step: schedule \"reduce_lr_on_plateau\" follows a metric; "
                       "use accel_scheduler_step_with_metric");
        assert_int_equal(accel_scheduler_step_with_metric(plain, 1), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL,
                       "accel_scheduler_step_with_metric: schedule \"constant\" follows no metric; "
                       "use accel_scheduler_step");
        assert_int_equal(accel_scheduler_step_with_metric(NULL, 1), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_scheduler_step_with_metric: scheduler is NULL");
        accel_scheduler_step_with_metric(scheduler, 1);
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_scheduler_step_with_metric(scheduler, 1), ACCEL_EIO);
        expect_failure(ACCEL_EIO, "test: first");
        assert_true(accel_optimizer_lr(optimizer, 0) == 1);
        accel_optimizer_add_group(optimizer, accel_module_parameters(accel_linear(1, 1)));
        assert_int_equal(accel_scheduler_step_with_metric(scheduler, 1), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL,
                       "accel_scheduler_step_with_metric: the schedule has min_lrs of 1 groups, the "
                       "optimizer has 2");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_pytorch),
        TEST(reduces_what_it_finds),
        TEST(refuses_options),
        TEST(refuses_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
