/* PowerSGD where it is delicate: matrices of zeros, half precision, tensors that are no matrices. */
#include "ranks.h"

static accel_data_parallel_options power_sgd(const accel_power_sgd_options *options)
{
    accel_data_parallel_options o = accel_data_parallel_options_default();
    o.comm_hook = ACCEL_COMM_HOOK_POWER_SGD;
    o.power_sgd = options;
    o.find_unused_parameters = true;
    return o;
}

/* A matrix that nobody uses for a while is one of zeros; afterwards it has its gradient, of rank 1, again. */
static int comes_back_from_zero(void *user)
{
    (void)user;
    accel_power_sgd_options options = accel_power_sgd_options_default();
    options.start_power_sgd_iter = 2;
    options.min_compression_rate = 0.1;
    accel_data_parallel_options o = power_sgd(&options);
    accelerator *acc = accelerator_create(.timeout = 60, .data_parallel = &o);
    accel_module *model = accel_module_create(.user = NULL),
                 *a = accel_module_add(model, "a", accel_linear(4, 4)),
                 *b = accel_module_add(model, "b", accel_linear(4, 4));
    accel_tensor *row = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 4))),
                 *weight = accel_module_tensor(a, "weight");
    accelerator_prepare(acc, model);
    for (int step = 0; step < 9; step++) {
        accel_set_grad(weight, NULL);
        accelerator_backward(acc, accel_sum(accel_forward(step < 3 || step > 5 ? a : b, row)));
        accel_tensor *gradient = accel_grad(weight);
        CHECK(!accel_error_is_set() && (step < 3 || step > 5) == (gradient != NULL));
        CHECK(!gradient || accel_item(accel_max(accel_abs(accel_sub_scalar(gradient, 1)))) < 1e-5);
    }
    return accelerator_finish(acc);
}

/* Sums of narrow matrices are float32, whatever forwards compute in. */
static int works_under_autocast(void *user)
{
    (void)user;
    accel_power_sgd_options options = accel_power_sgd_options_default();
    options.start_power_sgd_iter = 2;
    options.min_compression_rate = 0.1;
    accel_data_parallel_options o = power_sgd(&options);
    accelerator *acc = accelerator_create(.timeout = 60, .data_parallel = &o, .mixed_precision = ACCEL_FP16);
    accel_module *model = accel_linear(8, 8);
    accel_optimizer *optimizer = accel_sgd(model, .lr = 1e-3);
    accel_tensor *row =
        near(acc, accel_full(accelerator_process_index(acc) + 1, ACCEL_FLOAT32, ACCEL_SHAPE(1, 8)));
    accelerator_prepare(acc, model, optimizer);
    double first = 0, last = 0;
    for (int step = 0; step < 12; step++)
        accelerator_autocast(acc) {
            accel_tensor *loss = accel_mean(accel_square(accel_forward(model, row)));
            CHECK(accelerator_backward(acc, loss) == ACCEL_OK);
            accel_optimizer_step(optimizer);
            accel_optimizer_zero_grad(optimizer);
            last = accel_item(loss);
            first = step == 0 ? last : first;
        }
    CHECK(last < first);
    return accelerator_finish(acc);
}

/* Sizes of tensors that are no matrices of more than one row. */
static int takes_any_shape(void *user)
{
    (void)user;
    for (int kind = ACCEL_COMM_HOOK_POWER_SGD; kind <= ACCEL_COMM_HOOK_BATCHED_POWER_SGD; kind++) {
        accel_power_sgd_options options = accel_power_sgd_options_default();
        options.start_power_sgd_iter = 2;
        options.min_compression_rate = 1e-6;
        options.matrix_approximation_rank = 64;
        accel_data_parallel_options o = power_sgd(&options);
        o.comm_hook = (accel_comm_hook)kind;
        accelerator *acc = accelerator_create(.timeout = 60, .data_parallel = &o);
        accel_module *model = accel_module_create(.user = NULL);
        accel_tensor *scalar = accel_module_add_parameter(model, "scalar", accel_ones(ACCEL_FLOAT32, NULL, 0));
        accel_tensor *empty =
            accel_module_add_parameter(model, "empty", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(0, 3)));
        accel_tensor *cube =
            accel_module_add_parameter(model, "cube", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, 3, 4)));
        accelerator_prepare(acc, model);
        const double each = accelerator_process_index(acc) + 1;
        for (int step = 1; step <= 5; step++) {
            accel_tensor *all = accel_add(accel_add(scalar, accel_sum(empty)), accel_sum(cube));
            CHECK(accelerator_backward(acc, accel_mul_scalar(all, each)) == ACCEL_OK);
            CHECK(fabs(accel_item(accel_grad(scalar)) - 1.5 * step) < 1e-3);
            CHECK(fabs(accel_item(accel_mean(accel_grad(cube))) - 1.5 * step) < 1e-3);
        }
        CHECK(accelerator_finish(acc) == 0);
    }
    return 0;
}

static void approximates_whatever_comes(void **state)
{
    (void)state;
    run_in(2, comes_back_from_zero);
    run_in(2, works_under_autocast);
    run_in(2, takes_any_shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(approximates_whatever_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
