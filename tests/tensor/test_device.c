/* Devices by name and number, where there need not be a GPU. */
#include "tensors.h"

#include <accel/device.h>
#include <accel/random.h>

static void have_names(void **state)
{
    (void)state;
    assert_string_equal(accel_device_name(accel_device_cpu()), "cpu");
    assert_string_equal(accel_device_name(accel_device_cuda(3)), "cuda:3");
    assert_int_equal(accel_device_count(ACCEL_CPU), 1);
}

/* Until the program asks for the next one. */
static void names_last(void **state)
{
    (void)state;
    const char *name = accel_device_name(accel_device_cuda(3));
    accel_scoped() {
        accel_tensor *x = accel_rand(NULL, ACCEL_SHAPE(2));
        accel_randperm(NULL, 3);
        accel_to_device(x, accel_device_cpu());
        accel_generator_draw(NULL);
    }
    assert_string_equal(name, "cuda:3");
}

static void other_types_are_refused(void **state)
{
    (void)state;
    const accel_device strange = {(accel_device_type)7, 0};
    assert_string_equal(accel_device_name(strange), "unknown");
    expect_failure(ACCEL_EINVAL, "accel_device_name: device has type 7, expected ACCEL_CPU or ACCEL_CUDA");
    assert_int_equal(accel_device_count(strange.type), 0);
    expect_failure(ACCEL_EINVAL, "accel_device_count: type is 7, expected ACCEL_CPU or ACCEL_CUDA");
    accel_scoped() {
        accel_tensor *x = accel_scalar(1, ACCEL_FLOAT32);
        assert_null(accel_to_device(x, strange));
        expect_failure(ACCEL_EINVAL, "accel_to_device: device has type 7, expected ACCEL_CPU or ACCEL_CUDA");
    }
    assert_int_not_equal(accel_device_synchronize(strange), ACCEL_OK);
    expect_failure(ACCEL_EINVAL,
                   "accel_device_synchronize: device has type 7, expected ACCEL_CPU or ACCEL_CUDA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(have_names),
        TEST(names_last),
        TEST(other_types_are_refused),
    };
    return cmocka_run_group_tests_name("tensor/device", tests, NULL, NULL);
}
