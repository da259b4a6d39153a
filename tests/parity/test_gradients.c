/* The gradient of every parameter after the first backward of a training run, against the reference's. */
#include "parity/gradients.h"

enum { BATCH_SIZE = 32, SEED = 42 };

/* `fast_matmul` is "0" for products as the reference does them, "1" for oneDNN's whatever the processor. */
static void compare_run(const char *start, const char *gradients, const char *fast_matmul, double tolerance)
{
    setenv("ACCEL_FAST_MATMUL", fast_matmul, 1);
    const char *model_path = path_in("ACCEL_TEST_ORACLE", start);
    accelerator *acc = accelerator_create(.data_seed = SEED);
    accel_set_seed(SEED);
    accel_module *model = accel_model_from_pretrained(model_path, .num_labels = 2);
    accel_loader *loader =
        accel_loader_create(read_reviews(model_path).train, .batch_size = BATCH_SIZE, .shuffle = true);
    accelerator_prepare(acc, model, loader);
    accel_for_each (batch, loader) {
        accelerator_backward(acc, accel_get(accel_forward(model, batch), "loss"));
        break;
    }
    compare_gradients(model, gradients, tolerance);
    assert_int_equal(accelerator_finish(acc), 0);
    assert_int_equal(accel_live_handles(), 0);
}

static void equal_the_reference_without_dropout(void **state)
{
    (void)state;
    compare_run("parity/start_dropout0", "parity/gradients_dropout0.safetensors", "0", 1e-5);
}

static void equal_the_reference_with_dropout(void **state)
{
    (void)state;
    compare_run("parity/start_dropout01", "parity/gradients_dropout01.safetensors", "0", 1e-5);
}

/* The backward's products round otherwise, within the same bound. */
static void are_near_the_reference_with_fast_products(void **state)
{
    (void)state;
    compare_run("parity/start_dropout01", "parity/gradients_dropout01.safetensors", "1", 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_the_reference_without_dropout),
        cmocka_unit_test(equal_the_reference_with_dropout),
        cmocka_unit_test(are_near_the_reference_with_fast_products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
