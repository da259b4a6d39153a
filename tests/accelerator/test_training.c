/* A whole training loop: it learns, and stays as large as it was however long it runs. */
#include "accelerator/capture.h"

enum { SAMPLES = 256, FEATURES = 16 };

/* Whether the features of a sample add up to more than 0. */
static accel_dataset *make_data(void)
{
    accel_tensor *x = accel_randn(NULL, ACCEL_SHAPE(SAMPLES, FEATURES));
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", x);
    accel_dict_set(tensors, "y",
                   accel_to_dtype(accel_gt_scalar(accel_sum_dims(x, ACCEL_SHAPE(1), false), 0), ACCEL_INT64));
    return accel_tensor_dataset(tensors);
}

/* Pages of this process in memory, in kilobytes. */
static long resident_kb(void)
{
    long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &size, &resident), 2);
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

typedef struct run {
    accelerator *acc;
    accel_module *model;
    accel_optimizer *optimizer;
    accel_scheduler *scheduler;
    accel_loader *loader;
} run;

static run run_begin(long steps, int workers)
{
    run r = {.acc = accelerator_create()};
    accel_set_seed(42);
    r.model = accel_sequential(accel_linear(FEATURES, 32), accel_relu_module(), accel_dropout(0.1),
                               accel_linear(32, 2));
    r.optimizer = accel_adamw(r.model, .lr = 3e-3);
    r.scheduler = accel_scheduler_create("linear", r.optimizer, .num_training_steps = steps);
    r.loader = accel_loader_create(make_data(), .batch_size = 32, .shuffle = true, .num_workers = workers);
    accelerator_prepare(r.acc, r.loader, r.model, r.optimizer, r.scheduler);
    accel_train(r.model);
    expect_no_failure();
    return r;
}

/* Trains for `steps` batches from wherever the loader is. Returns the last loss. */
static double run_steps(run *r, long steps)
{
    double last = 0;
    while (steps > 0)
        accel_for_each (batch, r->loader) {
            accel_tensor *loss =
                accel_cross_entropy(accel_forward(r->model, accel_get(batch, "x")), accel_get(batch, "y"));
            accelerator_backward(r->acc, loss);
            accel_optimizer_step(r->optimizer);
            accel_scheduler_step(r->scheduler);
            accel_optimizer_zero_grad(r->optimizer);
            last = accel_item(loss);
            if (--steps == 0 || accel_error_is_set())
                break;
        }
    expect_no_failure();
    return last;
}

static double accuracy(run *r)
{
    double right = 0;
    accel_eval(r->model);
    accel_for_each (batch, r->loader)
        accel_no_grad() {
            accel_tensor *guess = accel_argmax(accel_forward(r->model, accel_get(batch, "x")), 1, false);
            guess = accelerator_gather_for_metrics(r->acc, guess);
            right += accel_item(accel_sum(accel_eq(guess, accel_get(batch, "y"))));
        }
    accel_train(r->model);
    return right / SAMPLES;
}

static void learns(void **state)
{
    (void)state;
    for (int workers = 0; workers < 3; workers++) {
        run r = run_begin(400, workers);
        double first = run_steps(&r, 1), last = run_steps(&r, 399);
        assert_true(first > 0.4);
        assert_true(last < first / 2);
        assert_true(accuracy(&r) > 0.97);
        assert_int_equal(accelerator_finish(r.acc), 0);
        assert_int_equal(accel_live_handles(), 0);
    }
}

static void one_seed_gives_one_run(void **state)
{
    (void)state;
    double losses[2];
    for (int k = 0; k < 2; k++) {
        run r = run_begin(50, 2 * k);
        losses[k] = run_steps(&r, 50);
        assert_int_equal(accelerator_finish(r.acc), 0);
    }
    assert_true(losses[0] == losses[1]);
}

static void stays_as_large_as_it_was(void **state)
{
    (void)state;
    enum { WARM = 2000, STEPS = 10000, SLACK_KB = 512 };
    run r = run_begin(STEPS, 1);
    run_steps(&r, WARM);
    size_t live = accel_live_handles();
    long resident = resident_kb();
    run_steps(&r, STEPS - WARM);
    long grown = resident_kb() - resident;
    print_message("%zu live handles, %ld kB resident, %ld kB more after %d steps\n", live, resident, grown,
                  STEPS);
    assert_int_equal(accel_live_handles(), live);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed, to find those who use it */
    assert_true(grown <= SLACK_KB);
#endif
    assert_int_equal(accelerator_finish(r.acc), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(learns),
        TEST(one_seed_gives_one_run),
        TEST(stays_as_large_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
