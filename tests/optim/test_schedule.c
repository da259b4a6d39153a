/* Every schedule that is a function of the step, equal to transformers': to the last bit. */
#include "cases.h"

static accel_status take(json_t *item, accel_scheduler *scheduler, size_t step)
{
    (void)item, (void)step;
    return accel_scheduler_step(scheduler);
}

static void is_transformers(void **state)
{
    (void)state;
    run_cases(__func__, "schedules.json", take, 40000);
}

static void fails_as_documented(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = accel_adamw(NULL, .lr = 0.5), *still = accel_adamw(NULL, .lr = 0);
#define REFUSED(name, text, ...)                                                                               \
    EXPECT_REFUSED(accel_scheduler_create(name, optimizer, __VA_ARGS__), ACCEL_EINVAL,                         \
                   "accel_scheduler_create: " text)
        REFUSED("cosine", "schedule \"cosine\" needs num_training_steps", .num_warmup_steps = 1);
        REFUSED("cosine", "num_training_steps must not be negative, got -5", .num_training_steps = -5);
        REFUSED("cosine", "num_cycles must be finite, got inf", .num_training_steps = 5,
                .num_cycles = (double)INFINITY);
        REFUSED("cosine", "num_cycles must not be negative, got -1", .num_training_steps = 5, .num_cycles = -1);
        REFUSED("polynomial", "lr_end must be smaller than the optimizer's lr, got 0.5 and 0.5",
                .num_training_steps = 5, .lr_end = 0.5);
        REFUSED("polynomial", "num_warmup_steps and num_training_steps are both 5, expected steps between",
                .num_training_steps = 5, .num_warmup_steps = 5);
        REFUSED("polynomial", "power must not be negative, got -1", .num_training_steps = 5, .power = -1);
        REFUSED("polynomial", "power must not be negative, got ", .num_training_steps = 5,
                .power = (double)NAN);
        REFUSED("inverse_sqrt", "timescale must be positive, got 0", .timescale = 0);
        REFUSED("inverse_sqrt", "timescale must not be negative, got -2", .timescale = -2);
        REFUSED("cosine_with_min_lr", "expected one of min_lr and min_lr_rate, got neither",
                .num_training_steps = 5);
        REFUSED("cosine_warmup_with_min_lr", "expected one of min_lr and min_lr_rate, got both",
                .num_training_steps = 5, .min_lr = 0, .min_lr_rate = 0);
        REFUSED("warmup_stable_decay", "schedule \"warmup_stable_decay\" needs num_decay_steps",
                .num_training_steps = 5);
        REFUSED("warmup_stable_decay",
                "schedule \"warmup_stable_decay\" needs num_training_steps or num_stable_steps",
                .num_decay_steps = 5);
        REFUSED("warmup_stable_decay", "warmup_type must be \"linear\", \"cosine\" or \"1-sqrt\", got \"sqrt\"",
                .num_training_steps = 5, .num_decay_steps = 2, .warmup_type = "sqrt");
        REFUSED("warmup_stable_decay", "decay_type is NULL", .num_training_steps = 5, .num_decay_steps = 2,
                .decay_type = NULL);
        EXPECT_REFUSED(
            accel_scheduler_create("cosine_with_min_lr", still, .num_training_steps = 5, .min_lr = 1e-5),
            ACCEL_EINVAL, "accel_scheduler_create: min_lr needs an optimizer whose lr is not 0");
    }
}

static void refuses_what_it_does_not_take(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = accel_adamw(NULL, .lr = 0.5);
        REFUSED("linear", "schedule \"linear\" takes no power", .num_training_steps = 5, .power = 2);
        REFUSED("cosine", "schedule \"cosine\" takes no min_lr", .num_training_steps = 5, .min_lr = 0);
        REFUSED("polynomial", "schedule \"polynomial\" takes no num_cycles", .num_training_steps = 5,
                .num_cycles = 1);
        REFUSED("constant", "schedule \"constant\" takes no timescale", .timescale = 5);
        REFUSED("constant", "schedule \"constant\" takes no min_lrs", .min_lrs = (const double[]){1});
        REFUSED("constant", "schedule \"constant\" takes no mode", .mode = NULL);
        REFUSED("inverse_sqrt", "schedule \"inverse_sqrt\" takes no decay_type", .decay_type = "linear");
        REFUSED("reduce_lr_on_plateau", "schedule \"reduce_lr_on_plateau\" takes no min_lr_rate",
                .min_lr_rate = 0.1);
    }
}

/* What the largest counts give is finite, and the options' words are not needed any more. */
static void survives_large_counts(void **state)
{
    (void)state;
    static const char *const names[] = {"linear", "cosine", "cosine_with_restarts", "polynomial",
                                        "constant_with_warmup"};
    accel_scoped() {
        accel_optimizer *optimizer = accel_adamw(NULL, .lr = 0.5);
        accel_optimizer_add_group(optimizer, accel_module_parameters(accel_linear(1, 1)));
        for (int i = 0; i < 5; i++) {
            accel_scheduler *scheduler = accel_scheduler_create(
                names[i], optimizer, .num_warmup_steps = INT64_MAX - 1024, .num_training_steps = INT64_MAX);
            assert_int_equal(accel_scheduler_step(scheduler), ACCEL_OK);
            double lr = accel_scheduler_last_lr(scheduler, 0);
            assert_true(lr > 0 && lr < 1e-18);
        }
        char word[] = "1-sqrt";
        accel_scheduler *scheduler =
            accel_scheduler_create("warmup_stable_decay", optimizer, .num_warmup_steps = 1,
                                   .num_stable_steps = 0, .num_decay_steps = INT64_MAX, .decay_type = word);
        memset(word, 'x', sizeof word - 1);
        accel_scheduler_step(scheduler);
        accel_scheduler_step(scheduler);
        assert_true(accel_scheduler_last_lr(scheduler, 0) > 0.499);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_transformers),
        TEST(fails_as_documented),
        TEST(refuses_what_it_does_not_take),
        TEST(survives_large_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
