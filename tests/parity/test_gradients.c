/* The gradient of every parameter after the first backward of a training run, against the reference's. */
#include <math.h>

#include "parity/reviews.h"

enum { BATCH_SIZE = 32, SEED = 42 };

/* Softmax does not see a constant added to every key: these gradients are zero but for rounding. */
static bool is_zero_in_theory(const char *name) { return strstr(name, ".attention.self.key.bias") != NULL; }

/* The worst of any parameter, relative to its largest gradient. */
typedef struct difference {
    double relative;
    const char *where;
} difference;

static void compare(accel_tensor *ours, accel_tensor *expected, const char *name, double tolerance,
                    difference *worst)
{
    accel_tensor *gradient = accel_grad(ours);
    if (!gradient)
        fail_msg("%s has no gradient", name);
    double largest = accel_item(accel_max(accel_abs(expected)));
    double apart = accel_item(accel_max(accel_abs(accel_sub(gradient, expected))));
    expect_no_failure();
    if (is_zero_in_theory(name)) {
        if (!(largest < 1e-8 && apart < 1e-8))
            fail_msg("%s: %g apart, at most %g there", name, apart, largest);
    } else if (!(apart <= tolerance * largest)) {
        fail_msg("%s: %g apart, the largest is %g", name, apart, largest);
    } else if (!worst->where || apart / largest > worst->relative) {
        *worst = (difference){apart / largest, name};
    }
}

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
    accel_dict *expected = accel_load(path_in("ACCEL_TEST_ORACLE", gradients)),
               *parameters = accel_module_parameters(model);
    expect_no_failure();
    assert_int_equal(accel_dict_count(parameters), accel_dict_count(expected));
    difference worst = {0};
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        accel_scoped() {
            const char *name = accel_dict_name(parameters, i);
            compare(accel_dict_tensor(parameters, i), accel_get(expected, name), name, tolerance, &worst);
        }
    print_message("%s: %zu parameters, at most %.1e of the largest gradient apart: %s\n", start,
                  accel_dict_count(parameters), worst.relative, worst.where);
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
