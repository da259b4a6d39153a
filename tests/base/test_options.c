#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include <accel/compiler.h>
#include <accel/options.h>

/* A function with options as the public ones are declared. */
typedef struct stir_options {
    size_t struct_size;
    double speed;
    bool clockwise;
    int64_t turns; /* came with a later version */
} stir_options;

#define STIR_DEFAULTS() .struct_size = sizeof(stir_options), .speed = 1.5, .clockwise = true, .turns = 3
#define stir(...) ACCEL_CALL_1(stir_with, stir_options, STIR_DEFAULTS, __VA_ARGS__)

static stir_options stir_options_default(void) { return (stir_options){STIR_DEFAULTS()}; }

static stir_options seen;

static accel_status stir_with(int pot, const stir_options *given)
{
    (void)pot;
    seen = stir_options_default();
    return accel_options_read("stir", &seen, sizeof seen, given);
}

static int forget_errors(void **state)
{
    (void)state;
    accel_error_clear();
    return 0;
}

static void expect_seen(double speed, bool clockwise, int64_t turns)
{
    assert_true(seen.speed == speed);
    assert_int_equal(seen.clockwise, clockwise);
    assert_int_equal(seen.turns, turns);
    assert_int_equal(seen.struct_size, sizeof seen);
}

static void takes_defaults(void **state)
{
    (void)state;
    assert_int_equal(stir(1), ACCEL_OK);
    expect_seen(1.5, true, 3);
    assert_int_equal(stir_with(1, NULL), ACCEL_OK);
    expect_seen(1.5, true, 3);
}

static void takes_zero_for_zero(void **state)
{
    (void)state;
    assert_int_equal(stir(1, .speed = 0, .clockwise = false, .turns = 0), ACCEL_OK);
    expect_seen(0, false, 0);
    assert_int_equal(stir(1, .turns = 9), ACCEL_OK);
    expect_seen(1.5, true, 9);
}

/* A program built when the struct ended before `turns`. */
static void takes_an_older_struct(void **state)
{
    (void)state;
    stir_options old = {
        .struct_size = offsetof(stir_options, turns), .speed = 7, .clockwise = false, .turns = -1};
    assert_int_equal(stir_with(1, &old), ACCEL_OK);
    expect_seen(7, false, 3);
}

static void refuses_sizes_it_cannot_know(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, sizeof(size_t) - 1, sizeof(stir_options) + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        stir_options given = stir_options_default();
        given.struct_size = sizes[i];
        given.turns = 77;
        assert_int_equal(stir_with(1, &given), ACCEL_EINVAL);
        assert_int_equal(seen.turns, 3);
        assert_string_equal(accel_error_last()->call, "stir");
        accel_error_clear();
    }
    stir_with(1, &(stir_options){.struct_size = 1000});
    assert_string_equal(accel_error_last()->message, "options.struct_size is 1000, at most 32 is known here");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, forget_errors, forget_errors)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_defaults),
        TEST(takes_zero_for_zero),
        TEST(takes_an_older_struct),
        TEST(refuses_sizes_it_cannot_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
