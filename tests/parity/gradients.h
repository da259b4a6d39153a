/* The gradients of a model against those in a file of the reference's. */
#ifndef TESTS_PARITY_GRADIENTS_H
#define TESTS_PARITY_GRADIENTS_H

#include "parity/reviews.h"

/* Softmax does not see a constant added to every key: these gradients are zero but for rounding. */
static inline bool is_zero_in_theory(const char *name)
{
    return strstr(name, ".attention.self.key.bias") != NULL;
}

/* The worst of any parameter, relative to its largest gradient. */
typedef struct difference {
    double relative;
    const char *where;
} difference;

static inline void compare_gradient(accel_tensor *ours, accel_tensor *expected, const char *name,
                                    double tolerance, difference *worst)
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

/* `expected_file` is a file of the reference's results, with the gradient of every parameter by its name. */
static inline void compare_gradients(accel_module *model, const char *expected_file, double tolerance)
{
    accel_dict *expected = accel_load(path_in("ACCEL_TEST_ORACLE", expected_file)),
               *parameters = accel_module_parameters(model);
    expect_no_failure();
    assert_int_equal(accel_dict_count(parameters), accel_dict_count(expected));
    difference worst = {0};
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        accel_scoped() {
            const char *name = accel_dict_name(parameters, i);
            compare_gradient(accel_dict_tensor(parameters, i), accel_get(expected, name), name, tolerance,
                             &worst);
        }
    print_message("%s: %zu parameters, at most %.1e of the largest gradient apart: %s\n", expected_file,
                  accel_dict_count(parameters), worst.relative, worst.where);
}

#endif
