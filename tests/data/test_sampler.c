/* Orders and their batches, against Accelerate's seedable sampler and by hand. */
#include "data/reference_loaders.h"

#include "data/sampler.h"

/* The batches of an epoch joined are the beginning of the order. */
static void expect_order(const sampler *s, int64_t epoch, const json_t *batches, const char *name)
{
    int64_t *order = sampler_order(s, epoch), at = 0;
    assert_non_null(order);
    assert_int_equal(sampler_batches(s), json_array_size(batches));
    for (size_t b = 0; b < json_array_size(batches); b++) {
        const json_t *batch = json_array_get(batches, b);
        size_t count = 0;
        assert_int_equal(sampler_batch(s, (int64_t)b, &count), at);
        assert_int_equal(count, json_array_size(batch));
        for (size_t i = 0; i < count; i++, at++)
            if (order[at] != json_integer_value(json_array_get(batch, i)))
                fail_msg("%s: epoch %lld, place %lld: %lld, expected %lld", name, (long long)epoch,
                         (long long)at, (long long)order[at],
                         (long long)json_integer_value(json_array_get(batch, i)));
    }
    memory_free(order);
}

static void orders_equal_the_reference(void **state)
{
    (void)state;
    json_t *cases = reference_loaders();
    for (size_t c = 0; c < json_array_size(cases); c++) {
        const json_t *object = json_array_get(cases, c), *epochs = json_object_get(object, "epochs");
        char name[128];
        const sampler s = {.length = integer_of(object, "n"),
                           .batch_size = integer_of(object, "batch_size"),
                           .shuffle = boolean_of(object, "shuffle"),
                           .drop_last = boolean_of(object, "drop_last"),
                           .seed = integer_of(object, "data_seed")};
        assert_int_equal(sampler_batches(&s), integer_of(object, "length"));
        assert_in_range(json_array_size(epochs), 2, 10);
        for (size_t e = 0; e < json_array_size(epochs); e++)
            expect_order(&s, (int64_t)e, json_object_get(json_array_get(epochs, e), "batches"),
                         case_name(object, name, sizeof name));
    }
    json_decref(cases);
}

static void an_order_names_every_sample_once(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    for (int64_t epoch = 0; epoch < 5; epoch++) {
        const sampler s = {.length = COUNT, .batch_size = 3, .shuffle = true, .seed = 7};
        int64_t *order = sampler_order(&s, epoch);
        bool seen[COUNT] = {false};
        for (int i = 0; i < COUNT; i++) {
            assert_in_range(order[i], 0, COUNT - 1);
            assert_false(seen[order[i]]);
            seen[order[i]] = true;
        }
        memory_free(order);
    }
}

static void is_in_order_without_shuffle(void **state)
{
    (void)state;
    const sampler s = {.length = 9, .batch_size = 2, .seed = 42};
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        int64_t *order = sampler_order(&s, epoch);
        for (int64_t i = 0; i < 9; i++)
            assert_int_equal(order[i], i);
        memory_free(order);
    }
}

static void leaves_the_default_generator_alone(void **state)
{
    (void)state;
    accel_set_seed(1);
    int64_t before = next_draw();
    memory_free(sampler_order(&(sampler){.length = 50, .batch_size = 4, .shuffle = true, .seed = 42}, 3));
    assert_int_equal(next_draw(), before);
}

static void cuts_an_epoch_into_batches(void **state)
{
    (void)state;
    const struct {
        int64_t length, batch_size;
        bool drop_last;
        int64_t batches;
    } cases[] = {
        {0, 4, false, 0},
        {0, 4, true, 0},
        {3, 4, false, 1},
        {3, 4, true, 0},
        {4, 4, false, 1},
        {4, 4, true, 1},
        {5, 4, false, 2},
        {5, 4, true, 1},
        {8, 4, false, 2},
        {5, INT64_MAX, false, 1},
        {5, INT64_MAX, true, 0},
        {INT64_MAX, 1, false, INT64_MAX},
        {INT64_MAX, 2, true, INT64_MAX / 2},
        {INT64_MAX, 2, false, INT64_MAX / 2 + 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const sampler s = {
            .length = cases[i].length, .batch_size = cases[i].batch_size, .drop_last = cases[i].drop_last};
        assert_int_equal(sampler_batches(&s), cases[i].batches);
        size_t count = 0;
        for (int64_t b = 0; b < cases[i].batches && b < 3; b++) {
            assert_int_equal(sampler_batch(&s, b, &count), b * cases[i].batch_size);
            assert_in_range(count, 1, cases[i].batch_size);
        }
        if (cases[i].batches == 0)
            continue;
        int64_t last = sampler_batch(&s, cases[i].batches - 1, &count) + (int64_t)count;
        assert_int_equal(last, cases[i].drop_last ? cases[i].batches * cases[i].batch_size : cases[i].length);
    }
}

static void takes_the_largest_seed(void **state)
{
    (void)state;
    const sampler s = {.length = 5, .batch_size = 1, .shuffle = true, .seed = INT64_MAX};
    int64_t *first = sampler_order(&s, 0), *second = sampler_order(&s, 1);
    assert_non_null(first);
    assert_non_null(second);
    memory_free(first);
    memory_free(second);
}

static void does_nothing_while_an_error_is_recorded(void **state)
{
    (void)state;
    accel_error_raise(ACCEL_EIO, "before", "first");
    assert_null(sampler_order(&(sampler){.length = 5, .batch_size = 1, .shuffle = true}, 0));
    expect_failure(ACCEL_EIO, "before: first");
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    int64_t *order = NULL;
    for (size_t nth = 1; !order; nth++) {
        assert_in_range(nth, 1, 100);
        memory_fail_at(nth);
        order = sampler_order(&(sampler){.length = 5, .batch_size = 1, .shuffle = true}, 0);
        assert_int_equal(accel_error_status(), order ? ACCEL_OK : ACCEL_ENOMEM);
        accel_error_clear();
        assert_int_equal(accel_live_handles(), 0);
    }
    memory_free(order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(orders_equal_the_reference),
        TEST(an_order_names_every_sample_once),
        TEST(is_in_order_without_shuffle),
        TEST(leaves_the_default_generator_alone),
        TEST(cuts_an_epoch_into_batches),
        TEST(takes_the_largest_seed),
        TEST(does_nothing_while_an_error_is_recorded),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
