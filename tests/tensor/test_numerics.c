/* Algorithms that give the same bits on every run, and how float32 matrices are multiplied. */
#include "tensors.h"

#include <accel/numerics.h>
#include <accel/op.h>
#include <accel/scope.h>

static accel_tensor *put(void)
{
    const int64_t places[] = {1};
    accel_tensor *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(3));
    accel_tensor *index = accel_tensor_copy_from(places, ACCEL_INT64, ACCEL_SHAPE(1));
    return accel_op("aten::put_", x, index, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1)), ACCEL_BOOL(false));
}

static void refuses_what_is_not_deterministic(void **state)
{
    (void)state;
    accel_scoped() {
        assert_false(accel_deterministic_algorithms());
        assert_non_null(put());
        assert_int_equal(accel_use_deterministic_algorithms(true), ACCEL_OK);
        assert_true(accel_deterministic_algorithms());
        accel_tensor *empty = accel_empty(ACCEL_FLOAT32, ACCEL_SHAPE(2));
        assert_true(accel_item(accel_min(empty)) != accel_item(accel_min(empty)));
        assert_null(put());
        assert_int_equal(accel_error_status(), ACCEL_EENGINE);
        assert_non_null(strstr(accel_error_text(), "put_ does not have a deterministic implementation"));
        assert_int_equal(accel_use_deterministic_algorithms(false), ACCEL_EENGINE);
        assert_true(accel_deterministic_algorithms());
        accel_error_clear();
        assert_int_equal(accel_use_deterministic_algorithms(false), ACCEL_OK);
        assert_non_null(put());
    }
}

static void multiplies_as_it_is_told(void **state)
{
    (void)state;
    static const char *const names[] = {"high", "medium", "highest"};
    assert_string_equal(accel_float32_matmul_precision(), "highest");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(accel_set_float32_matmul_precision(names[i]), ACCEL_OK);
        assert_string_equal(accel_float32_matmul_precision(), names[i]);
    }
    static const char *const refused[][2] = {{"tf32", "got tf32"}, {NULL, "got NULL"}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(accel_set_float32_matmul_precision(refused[i][0]), ACCEL_EINVAL);
        assert_non_null(strstr(accel_error_text(), refused[i][1]));
        accel_error_clear();
    }
    assert_string_equal(accel_float32_matmul_precision(), "highest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(refuses_what_is_not_deterministic), TEST(multiplies_as_it_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
