/* Random numbers: PyTorch's own, as $ACCEL_TEST_ORACLE/random has them, and generators as states. */
#include "oracle.h"

#include <pthread.h>

#include <accel/op.h>
#include <accel/random.h>

static const uint64_t seeds[] = {0, 42, UINT64_C(1234567890123)};
enum { SEEDS = sizeof seeds / sizeof seeds[0] };

static accel_tensor *rand_of(accel_generator *g, int64_t n) { return accel_rand(g, ACCEL_SHAPE(n)); }
static accel_tensor *randn_of(accel_generator *g, int64_t n) { return accel_randn(g, ACCEL_SHAPE(n)); }

static accel_tensor *sequence(accel_generator *g)
{
    accel_tensor *parts[5] = {rand_of(g, 3)};
    parts[1] = randn_of(g, 5);
    parts[2] = rand_of(g, 3);
    parts[3] = randn_of(g, 16);
    parts[4] = rand_of(g, 3);
    return accel_cat(parts, 5, 0);
}

static accel_tensor *filled(accel_generator *g, int64_t n, bool uniform)
{
    accel_tensor *x = accel_empty(ACCEL_FLOAT32, ACCEL_SHAPE(n));
    if (uniform)
        accel_fill_uniform(x, -2, 5, g);
    else
        accel_fill_normal(x, 3, 0.5, g);
    return x;
}

static accel_tensor *drawn(accel_generator *g)
{
    const int64_t number = accel_generator_draw(g);
    return accel_tensor_copy_from(&number, ACCEL_INT64, NULL, 0);
}

static accel_tensor *bernoulli(accel_generator *g)
{
    accel_tensor *x = accel_empty(ACCEL_FLOAT32, ACCEL_SHAPE(8, 33));
    return g ? accel_op("aten::bernoulli_.float", x, 0.9, g) : accel_op("aten::bernoulli_.float", x, 0.9);
}

static accel_tensor *state_after(accel_generator *g)
{
    sequence(g);
    return accel_generator_state(g);
}

/* Compares one draw, made right after seeding, with the oracle's; on the generator `g`, NULL for the default one. */
#define EXPECT_DRAW(name, draw)                                                                                \
    do {                                                                                                       \
        char key[64];                                                                                          \
        snprintf(key, sizeof key, "%llu.%s", (unsigned long long)seed, name);                                  \
        accel_generator_seed(g, seed);                                                                         \
        expect_same(key, draw, accel_get(oracle, key));                                                        \
    } while (0)

static void compare_with_python(accel_dict *oracle, accel_generator *g, uint64_t seed)
{
    EXPECT_DRAW("rand", rand_of(g, 7));
    EXPECT_DRAW("rand_large", rand_of(g, 100));
    EXPECT_DRAW("randn", randn_of(g, 7));
    EXPECT_DRAW("randn_large", randn_of(g, 100));
    EXPECT_DRAW("randperm", accel_randperm(g, 13));
    EXPECT_DRAW("random", drawn(g));
    EXPECT_DRAW("bernoulli", bernoulli(g));
    EXPECT_DRAW("uniform", filled(g, 9, true));
    EXPECT_DRAW("normal", filled(g, 17, false));
    EXPECT_DRAW("sequence", sequence(g));
    EXPECT_DRAW("state", state_after(g));
    if (!g)
        EXPECT_DRAW("dropout",
                    accel_functional_dropout(accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(8, 33)), 0.1, true));
}

static void draws_what_python_draws(void **state)
{
    (void)state;
    accel_dict *oracle = open_oracle(__func__, "random", "random");
    for (int i = 0; i < SEEDS; i++)
        accel_scoped() {
            compare_with_python(oracle, NULL, seeds[i]);
            compare_with_python(oracle, accel_generator_create(7), seeds[i]);
            compare_with_python(oracle, accel_generator_default(), seeds[i]);
        }
    accel_free(oracle);
}

static void starts_from_a_seed(void **state)
{
    (void)state;
    accel_scoped() {
        const uint64_t wanted[] = {0, 1, 42, UINT64_C(1) << 33, UINT64_MAX};
        for (int i = 0; i < 5; i++) {
            accel_generator *g = accel_generator_create(wanted[i]);
            assert_int_equal(accel_generator_initial_seed(g), wanted[i]);
            assert_int_equal(accel_set_seed(wanted[i]), ACCEL_OK);
            assert_int_equal(accel_generator_initial_seed(NULL), wanted[i]);
            int64_t first = accel_generator_draw(g);
            assert_true(first >= 0);
            assert_int_equal(accel_generator_draw(NULL), first);
            assert_int_not_equal(accel_generator_draw(g), first);
            assert_int_equal(accel_generator_initial_seed(g), wanted[i]);
        }
        expect_no_failure();
    }
}

/* The draw itself, without the oracle: torch.empty((), dtype=int64).random_(). */
static void draws_one_number(void **state)
{
    (void)state;
    accel_scoped() {
        for (int i = 0; i < SEEDS; i++) {
            accel_set_seed(seeds[i]);
            accel_tensor *x = accel_op("aten::random_", accel_empty(ACCEL_INT64, NULL, 0));
            int64_t after = accel_item_integer(accel_randperm(NULL, 1));
            accel_tensor *next = accel_generator_state(NULL);
            accel_set_seed(seeds[i]);
            assert_int_equal(accel_generator_draw(NULL), accel_item_integer(x));
            assert_int_equal(accel_item_integer(accel_randperm(NULL, 1)), after);
            expect_same("state", accel_generator_state(NULL), next);
        }
    }
}

static void puts_states_back(void **state)
{
    (void)state;
    accel_scoped() {
        accel_generator *g = accel_generator_create(5), *other = accel_generator_create(6);
        accel_randn(g, ACCEL_SHAPE(3)); /* leaves half a pair of normal numbers behind */
        accel_tensor *before = accel_generator_state(g);
        expect_shape(before, ACCEL_SHAPE(5056));
        assert_int_equal(accel_tensor_dtype(before), ACCEL_UINT8);
        accel_tensor *first = sequence(g);
        assert_int_equal(accel_generator_set_state(g, before), ACCEL_OK);
        expect_same("again", sequence(g), first);
        assert_int_equal(accel_generator_set_state(other, before), ACCEL_OK);
        expect_same("on another", sequence(other), first);
        assert_int_equal(accel_generator_initial_seed(other), 5);
        assert_int_equal(accel_generator_set_state(NULL, before), ACCEL_OK);
        expect_same("on the default one", sequence(NULL), first);
        accel_tensor *after = accel_generator_state(g);
        expect_same("the copy is the caller's", accel_generator_state(NULL), after);
    }
}

static void refuses_states(void **state)
{
    (void)state;
    accel_scoped() {
        accel_set_seed(1);
        accel_tensor *before = accel_generator_state(NULL), *good = accel_clone(before);
        accel_generator_set_state(NULL, accel_zeros(ACCEL_UINT8, ACCEL_SHAPE(5055)));
        expect_failure_with(ACCEL_EENGINE, "accel_generator_set_state: ");
        accel_generator_set_state(NULL, accel_zeros(ACCEL_UINT8, ACCEL_SHAPE(5056)));
        expect_failure_with(ACCEL_EENGINE, "accel_generator_set_state: ");
        accel_generator_set_state(NULL, accel_zeros(ACCEL_UINT8, ACCEL_SHAPE(0)));
        expect_failure_with(ACCEL_EENGINE, "accel_generator_set_state: ");
        accel_generator_set_state(NULL, accel_to_dtype(good, ACCEL_FLOAT32));
        expect_failure_with(ACCEL_EINVAL, "accel_generator_set_state: ");
        accel_generator_set_state(NULL,
                                  accel_narrow(accel_cat((accel_tensor *[]){good, good}, 2, 0), 0, 0, 5057));
        expect_failure_with(ACCEL_EENGINE, "accel_generator_set_state: ");
        accel_generator_set_state(NULL, NULL);
        expect_failure(ACCEL_EINVAL, "accel_generator_set_state: state is NULL");
        expect_same("state", accel_generator_state(NULL), before);
    }
}

static void generators_are_apart(void **state)
{
    (void)state;
    accel_scoped() {
        accel_set_seed(9);
        accel_tensor *before = accel_generator_state(NULL);
        accel_generator *g = accel_generator_create(9);
        accel_rand(g, ACCEL_SHAPE(10));
        expect_same("the default one", accel_generator_state(NULL), before);
        accel_generator *same = accel_generator_default();
        accel_rand(same, ACCEL_SHAPE(10));
        accel_free(same); /* the handle, not the process's generator */
        expect_same("one stream", accel_generator_state(NULL), accel_generator_state(g));
    }
}

static void fills_in_place(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1000));
        accel_set_requires_grad(x, true);
        assert_int_equal(accel_fill_uniform(x, 2, 3, NULL), ACCEL_OK);
        assert_true(accel_item(accel_min(x)) >= 2 && accel_item(accel_max(x)) < 3);
        assert_int_equal(accel_fill_normal(x, -5, 0.1, NULL), ACCEL_OK);
        assert_true(fabs(accel_item(accel_mean(x)) + 5) < 0.02);
        assert_true(accel_requires_grad(x));
        accel_backward(accel_sum(x));
        expect_no_failure();
        accel_tensor *column = accel_select(accel_zeros(ACCEL_FLOAT64, ACCEL_SHAPE(3, 2)), 1, 0);
        assert_int_equal(accel_fill_uniform(column, 1, 2, NULL), ACCEL_OK);
        assert_true(accel_item(accel_min(column)) >= 1);
        accel_tensor *order = accel_randperm(NULL, 100);
        assert_int_equal(accel_item_integer(accel_sum(order)), 4950);
        assert_int_equal(accel_tensor_numel(accel_randperm(NULL, 0)), 0);
        expect_shape(accel_rand(NULL, NULL, 0), NULL, 0);
    }
}

static void refuses_what_cannot_be_drawn(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2)), *n = accel_arange(2);
        accel_generator *ended = NULL;
        accel_scoped() {
            ended = accel_generator_create(1);
        }
        EXPECT_REFUSED(accel_randperm(NULL, -1), ACCEL_EINVAL,
                       "accel_randperm: n must not be negative, got -1");
        EXPECT_REFUSED(accel_rand(NULL, ACCEL_SHAPE(-1)), ACCEL_EENGINE, "accel_rand: ");
        EXPECT_REFUSED(accel_randn(NULL, NULL, 3), ACCEL_EINVAL, "accel_randn: an array or a string is NULL");
        assert_int_equal(accel_fill_uniform(x, 2, 1, NULL), ACCEL_EENGINE);
        expect_failure_with(ACCEL_EENGINE, "accel_fill_uniform: ");
        assert_int_equal(accel_fill_normal(x, 0, -1, NULL), ACCEL_EENGINE);
        expect_failure_with(ACCEL_EENGINE, "accel_fill_normal: ");
        assert_int_equal(accel_fill_normal(n, 0, 1, NULL), ACCEL_EUNSUPPORTED);
        expect_failure_with(ACCEL_EUNSUPPORTED, "accel_fill_normal: ");
        assert_int_equal(accel_fill_uniform(NULL, 0, 1, NULL), ACCEL_EINVAL);
        expect_failure_with(ACCEL_EINVAL, "accel_fill_uniform: ");
        assert_int_equal(accel_generator_draw(ended), -1);
        expect_failure_with(ACCEL_ESTALE, "accel_generator_draw: generator: this generator ended");
        assert_int_equal(accel_generator_seed(ended, 1), ACCEL_ESTALE);
        expect_failure_with(ACCEL_ESTALE, "accel_generator_seed: ");
        EXPECT_REFUSED(accel_generator_state(ended), ACCEL_ESTALE, "accel_generator_state: ");
        assert_int_equal(accel_generator_initial_seed(ended), 0);
        expect_failure_with(ACCEL_ESTALE, "accel_generator_initial_seed: ");
        assert_int_equal(accel_generator_draw((accel_generator *)(void *)x), -1);
        expect_failure(ACCEL_EINVAL, "accel_generator_draw: generator is a tensor, expected a generator");
        EXPECT_VALUES(x, 0, 0, 0);
    }
}

/* The stream stands still while a failure is recorded. */
static void draws_nothing_after_a_failure(void **state)
{
    (void)state;
    accel_scoped() {
        accel_set_seed(3);
        accel_tensor *before = accel_generator_state(NULL), *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(4));
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_generator_draw(NULL), -1);
        assert_null(accel_rand(NULL, ACCEL_SHAPE(2)));
        assert_null(accel_randn(NULL, ACCEL_SHAPE(2)));
        assert_null(accel_randperm(NULL, 4));
        assert_null(accel_functional_dropout(x, 0.5, true));
        assert_int_equal(accel_fill_uniform(x, 1, 2, NULL), ACCEL_EIO);
        assert_int_equal(accel_fill_normal(x, 1, 2, NULL), ACCEL_EIO);
        assert_int_equal(accel_set_seed(4), ACCEL_EIO);
        assert_int_equal(accel_generator_set_state(NULL, before), ACCEL_EIO);
        assert_null(accel_generator_state(NULL));
        assert_null(accel_generator_create(1));
        assert_null(accel_generator_default());
        expect_failure(ACCEL_EIO, "test: first");
        expect_same("state", accel_generator_state(NULL), before);
        EXPECT_VALUES(x, 0, 0, 0, 0, 0);
    }
}

/* Which numbers each thread gets is anybody's guess; that all of them are numbers is not. */
static void *draw_a_lot(void *argument)
{
    bool good = true;
    for (int i = 0; i < 100; i++)
        accel_scoped() {
            good = good && accel_generator_draw(NULL) >= 0;
            good = good && accel_item(accel_max(accel_rand(NULL, ACCEL_SHAPE(50)))) < 1;
            good = good && isfinite(accel_item(accel_sum(accel_randn(NULL, ACCEL_SHAPE(50)))));
            good = good && accel_generator_set_state(NULL, accel_generator_state(NULL)) == ACCEL_OK;
            good = good && accel_set_seed((uint64_t)i) == ACCEL_OK;
            good = good && accel_item_integer(accel_sum(accel_randperm(NULL, 10))) == 45;
        }
    *(bool *)argument = good && !accel_error_is_set();
    return NULL;
}

static void is_shared_by_several_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool good[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw_a_lot, &good[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(good[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(draws_what_python_draws),
        TEST(starts_from_a_seed),
        TEST(draws_one_number),
        TEST(puts_states_back),
        TEST(refuses_states),
        TEST(generators_are_apart),
        TEST(fills_in_place),
        TEST(refuses_what_cannot_be_drawn),
        TEST(draws_nothing_after_a_failure),
        TEST(is_shared_by_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
