/* Schedulers: which rates they scale, how they end, what they refuse. */
#include "tensors.h"

#include <accel/layers.h>
#include <accel/optimizer.h>
#include <accel/scheduler.h>

/* An optimizer with one group for each learning rate. */
static accel_optimizer *make_optimizer(const double *lrs, size_t count)
{
    accel_optimizer *optimizer = accel_adamw(NULL);
    for (size_t i = 0; i < count; i++)
        accel_optimizer_add_group(optimizer, accel_module_parameters(accel_linear(1, 1)), .lr = lrs[i]);
    expect_no_failure();
    return optimizer;
}

static void constant_stays(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = make_optimizer((const double[]){3e-5}, 1);
        accel_scheduler *scheduler = accel_scheduler_create("constant", optimizer);
        for (int i = 0; i < 5; i++) {
            assert_true(accel_optimizer_lr(optimizer, 0) == 3e-5);
            accel_scheduler_step(scheduler);
        }
    }
}

/* As LambdaLR: the initial rate is the group's when its first schedule is made. */
static void scales_the_rate_it_finds(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = make_optimizer((const double[]){1, 0.5}, 2);
        accel_optimizer_set_lr(optimizer, 0, 8);
        accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = 4);
        assert_true(accel_optimizer_lr(optimizer, 0) == 8);
        accel_scheduler_step(scheduler);
        assert_true(accel_optimizer_lr(optimizer, 0) == 6 && accel_optimizer_lr(optimizer, 1) == 0.375);
        /* Set by hand it holds until the next step of the schedule. */
        accel_optimizer_set_lr(optimizer, 0, 100);
        assert_true(accel_scheduler_last_lr(scheduler, 0) == 100);
        accel_scheduler_step(scheduler);
        assert_true(accel_optimizer_lr(optimizer, 0) == 4);
        /* A second schedule starts from the same initial rates; a group of its own time is not the first one's. */
        accel_optimizer_add_group(optimizer, accel_module_parameters(accel_linear(1, 1)), .lr = 16);
        accel_scheduler_step(scheduler);
        assert_true(accel_optimizer_lr(optimizer, 0) == 2 && accel_optimizer_lr(optimizer, 2) == 16);
        accel_scheduler_create("constant", optimizer);
        assert_true(accel_optimizer_lr(optimizer, 0) == 8 && accel_optimizer_lr(optimizer, 2) == 16);
    }
}

static void retains_its_optimizer(void **state)
{
    (void)state;
    accel_module *model = accel_linear(1, 1);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 1);
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = 2);
    accel_free(model);
    accel_free(optimizer);
    assert_int_equal(accel_scheduler_step(scheduler), ACCEL_OK);
    assert_true(accel_scheduler_last_lr(scheduler, 0) == 0.5);
    accel_free(scheduler);
    assert_int_equal(accel_scheduler_step(scheduler), ACCEL_ESTALE);
    expect_failure(ACCEL_ESTALE, "accel_scheduler_step: scheduler: this scheduler was freed");
}

static void refuses_options(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = make_optimizer((const double[]){1}, 1), *stale = NULL;
        accel_scoped() {
            stale = accel_adamw(NULL);
        }
        EXPECT_REFUSED(
            accel_scheduler_create("cosinus", optimizer), ACCEL_ENOTFOUND,
            "accel_scheduler_create: no schedule is called \"cosinus\"; there is linear, cosine, "
            "cosine_with_restarts, polynomial, constant, constant_with_warmup, inverse_sqrt, "
            "reduce_lr_on_plateau, cosine_with_min_lr, cosine_warmup_with_min_lr, warmup_stable_decay");
        EXPECT_REFUSED(accel_scheduler_create(NULL, optimizer), ACCEL_ENOTFOUND,
                       "accel_scheduler_create: name is NULL; there is linear, cosine");
        EXPECT_REFUSED(accel_scheduler_create("", optimizer), ACCEL_ENOTFOUND, "no schedule is called \"\"");
        EXPECT_REFUSED(accel_scheduler_create("linear", optimizer), ACCEL_EINVAL,
                       "accel_scheduler_create: schedule \"linear\" needs num_training_steps");
        EXPECT_REFUSED(accel_scheduler_create("linear", optimizer, .num_training_steps = -5), ACCEL_EINVAL,
                       "accel_scheduler_create: num_training_steps must not be negative, got -5");
        EXPECT_REFUSED(accel_scheduler_create("constant", optimizer, .num_warmup_steps = -1), ACCEL_EINVAL,
                       "accel_scheduler_create: num_warmup_steps must not be negative, got -1");
        EXPECT_REFUSED(accel_scheduler_create("constant", NULL), ACCEL_EINVAL,
                       "accel_scheduler_create: optimizer is NULL");
        EXPECT_REFUSED(accel_scheduler_create("constant", stale), ACCEL_ESTALE, "use accel_keep()");
        EXPECT_REFUSED(
            accel_scheduler_create_with("constant", optimizer, &(accel_scheduler_options){.struct_size = 999}),
            ACCEL_EINVAL, "accel_scheduler_create: options.struct_size is 999");
        assert_true(accel_optimizer_lr(optimizer, 0) == 1);
        accel_scheduler *scheduler = accel_scheduler_create("constant", optimizer);
        assert_true(isnan(accel_scheduler_last_lr(scheduler, 1)));
        expect_failure_with(ACCEL_EINVAL, "group is 1, the optimizer has 1");
        assert_true(isnan(accel_scheduler_last_lr(NULL, 0)));
        expect_failure(ACCEL_EINVAL, "accel_scheduler_last_lr: scheduler is NULL");
        assert_int_equal(accel_scheduler_step(NULL), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_scheduler_step: scheduler is NULL");
    }
}

static void does_nothing_after_a_failure(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = make_optimizer((const double[]){1}, 1);
        accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = 4);
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_scheduler_step(scheduler), ACCEL_EIO);
        assert_null(accel_scheduler_create("constant", optimizer));
        expect_failure(ACCEL_EIO, "test: first");
        assert_true(accel_optimizer_lr(optimizer, 0) == 1);
        accel_scheduler_step(scheduler);
        assert_true(accel_optimizer_lr(optimizer, 0) == 0.75);
    }
}

/* Steps some schedule on from where it is; one that follows a metric gets the same ones. */
static void go_on(accel_scheduler *scheduler, accel_optimizer *optimizer, bool metric, int from, double *rates)
{
    static const double metrics[] = {3, 2, 2.5, 2.5, 2.5, 2.5, 1, 1, 1, 1, 1, 1};
    for (int i = from; i < from + 6; i++) {
        if (metric)
            accel_scheduler_step_with_metric(scheduler, metrics[i]);
        else
            accel_scheduler_step(scheduler);
        rates[i] = accel_optimizer_lr(optimizer, 0);
    }
}

static void goes_on_from_its_state(void **state)
{
    static const char *const names[] = {"linear", "cosine", "constant_with_warmup", "reduce_lr_on_plateau"};
    (void)state;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        accel_scoped() {
            bool metric = n == 3;
            double whole[12], rest[12];
            accel_dict *saved[2] = {NULL, NULL};
            for (int half = 0; half < 2; half++) {
                accel_optimizer *optimizer = accel_sgd(accel_linear(2, 2), .lr = 0.5);
                accel_scheduler *scheduler =
                    metric ? accel_scheduler_create(names[n], optimizer, .patience = 1)
                           : accel_scheduler_create(names[n], optimizer, .num_warmup_steps = 3,
                                                    .num_training_steps = 12);
                if (half == 0) {
                    go_on(scheduler, optimizer, metric, 0, whole);
                    saved[0] = accel_scheduler_state_dict(scheduler);
                    saved[1] = accel_optimizer_state_dict(optimizer);
                    go_on(scheduler, optimizer, metric, 6, whole);
                } else {
                    assert_int_equal(accel_optimizer_load_state_dict(optimizer, saved[1]), ACCEL_OK);
                    assert_int_equal(accel_scheduler_load_state_dict(scheduler, saved[0]), ACCEL_OK);
                    go_on(scheduler, optimizer, metric, 6, rest);
                }
            }
            expect_no_failure();
            for (int i = 6; i < 12; i++)
                assert_true(whole[i] == rest[i]);
            assert_true(whole[0] != whole[11]);
        }
}

static void refuses_other_states(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = accel_sgd(accel_linear(2, 2), .lr = 0.5);
        accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = 12);
        accel_dict *saved = accel_scheduler_state_dict(scheduler);
        accel_dict_set(saved, "base_lrs", accel_ones(ACCEL_FLOAT64, ACCEL_SHAPE(2)));
        accel_scheduler_load_state_dict(scheduler, saved);
        expect_failure(ACCEL_EMISMATCH,
                       "accel_scheduler_load_state_dict: \"base_lrs\" are of 2 groups, the optimizer has 1");
        accel_dict_set(saved, "base_lrs", accel_full((double)NAN, ACCEL_FLOAT64, ACCEL_SHAPE(1)));
        accel_scheduler_load_state_dict(scheduler, saved);
        expect_failure(ACCEL_EINVAL, "accel_scheduler_load_state_dict: lr must not be negative, got nan");
        accel_dict_set(saved, "last_epoch", accel_scalar(-7, ACCEL_INT64));
        accel_scheduler_load_state_dict(scheduler, saved);
        expect_failure(ACCEL_EINVAL,
                       "accel_scheduler_load_state_dict: \"last_epoch\" must be a whole number from 0, got -7");
        accel_dict_remove(saved, "last_epoch");
        accel_scheduler_load_state_dict(scheduler, saved);
        expect_failure(ACCEL_ENOTFOUND, "accel_scheduler_load_state_dict: \"last_epoch\" is missing");
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_scheduler_options plain = accel_scheduler_options_default(), seen;
#define accel_scheduler_create_with(name, optimizer, options) (seen = *(options))
    (void)accel_scheduler_create("linear", NULL);
    assert_int_equal(plain.struct_size, sizeof plain);
    EXPECT_SAME_MEMBER(plain, seen, struct_size);
    EXPECT_SAME_MEMBER(plain, seen, num_warmup_steps);
    EXPECT_SAME_MEMBER(plain, seen, num_training_steps);
    EXPECT_SAME_MEMBER(plain, seen, num_cycles);
    EXPECT_SAME_MEMBER(plain, seen, min_lr);
    EXPECT_SAME_MEMBER(plain, seen, min_lr_rate);
    EXPECT_SAME_MEMBER(plain, seen, warmup_lr_rate);
    EXPECT_SAME_MEMBER(plain, seen, lr_end);
    EXPECT_SAME_MEMBER(plain, seen, power);
    EXPECT_SAME_MEMBER(plain, seen, timescale);
    EXPECT_SAME_MEMBER(plain, seen, num_stable_steps);
    EXPECT_SAME_MEMBER(plain, seen, num_decay_steps);
    EXPECT_SAME_MEMBER(plain, seen, min_lr_ratio);
    EXPECT_SAME_MEMBER(plain, seen, factor);
    EXPECT_SAME_MEMBER(plain, seen, patience);
    EXPECT_SAME_MEMBER(plain, seen, threshold);
    EXPECT_SAME_MEMBER(plain, seen, cooldown);
    EXPECT_SAME_MEMBER(plain, seen, min_lrs);
    EXPECT_SAME_MEMBER(plain, seen, min_lrs_count);
    EXPECT_SAME_MEMBER(plain, seen, eps);
    assert_string_equal(plain.warmup_type, seen.warmup_type);
    assert_string_equal(plain.decay_type, seen.decay_type);
    assert_string_equal(plain.mode, seen.mode);
    assert_string_equal(plain.threshold_mode, seen.threshold_mode);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(goes_on_from_its_state),       TEST(refuses_other_states),     TEST(constant_stays),
        TEST(scales_the_rate_it_finds),     TEST(retains_its_optimizer),    TEST(refuses_options),
        TEST(does_nothing_after_a_failure), TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
