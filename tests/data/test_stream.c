/* Samples that come one after another: shared as Accelerate's iterable shard does, read in order by any number of threads. */
#include "data/reference_loaders.h"

#include <stdatomic.h>

#include "data/loader.h"

/* Numbers below `count`, and what became of the passes over them. */
typedef struct counter {
    int64_t count, fails_at;
    atomic_int begun, ended, transformed;
    int64_t epoch; /* of the last pass */
} counter;

static void *begin_pass(void *user, int64_t epoch)
{
    counter *c = user;
    c->begun++;
    c->epoch = epoch;
    return calloc(1, sizeof(int64_t));
}

static void end_pass(void *user, void *pass)
{
    counter *c = user;
    c->ended++;
    free(pass);
}

static accel_dict *next_number(void *user, void *pass)
{
    const counter *c = user;
    int64_t *at = pass;
    if (*at == c->fails_at)
        accel_error_raise(ACCEL_EFORMAT, "next_number", "number %lld is bad", (long long)*at);
    return *at == c->count || accel_error_is_set() ? NULL : number_sample(NULL, (*at)++);
}

static accel_dict *count_transformed(void *user, accel_dict *sample)
{
    counter *c = user;
    c->transformed++;
    return sample;
}

static accel_dataset *stream_of(counter *c)
{
    c->fails_at = c->fails_at ? c->fails_at : -1;
    return accel_iterable_dataset(.begin = begin_pass, .next = next_number, .end = end_pass,
                                  .transform = count_transformed, .user = c);
}

/* ---- against the reference ---- */

static void expect_stream(const json_t *share, int rank, int workers)
{
    char name[128];
    counter c = {.count = integer_of(share, "n")};
    const json_t *batches = json_array_get(json_object_get(share, "batches"), (size_t)rank);
    const loader_shard shard = {.rank = rank,
                                .world_size = (int)integer_of(share, "world_size"),
                                .split_batches = boolean_of(share, "split_batches"),
                                .even_batches = true};
    accel_loader *loader =
        accel_loader_create(stream_of(&c), .batch_size = integer_of(share, "batch_size"),
                            .drop_last = boolean_of(share, "drop_last"), .num_workers = workers);
    assert_int_equal(loader_set_shard(loader, &shard), ACCEL_OK);
    size_t rounds = 0;
    accel_for_each (batch, loader) {
        const json_t *expected = json_array_get(batches, rounds++);
        assert_int_equal(batch_size_of(batch), json_array_size(expected));
        for (size_t i = 0; i < json_array_size(expected); i++)
            if (number_in(batch, (int64_t)i) != json_integer_value(json_array_get(expected, i)))
                fail_msg("%s: batch %zu", share_name(share, rank, name, sizeof name), rounds - 1);
        assert_int_equal(loader_at_end(loader), rounds == json_array_size(batches));
    }
    expect_no_failure();
    assert_int_equal(rounds, json_array_size(batches));
    assert_int_equal(c.begun, 1);
    assert_int_equal(c.ended, 1);
}

static void equals_the_reference(void **state)
{
    (void)state;
    json_t *shares = reference_cases("streams.json");
    for (size_t i = 0; i < json_array_size(shares); i++)
        accel_scoped() {
            const json_t *share = json_array_get(shares, i);
            for (int rank = 0; rank < integer_of(share, "world_size"); rank++)
                expect_stream(share, rank, i % 16 == 0 ? 3 : 0);
        }
    json_decref(shares);
}

/* ---- passes ---- */

static void is_read_in_order_by_many(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 8; workers += 4)
        accel_scoped() {
            counter c = {.count = 1001};
            accel_loader *loader = accel_loader_create(stream_of(&c), .batch_size = 3, .num_workers = workers);
            for (int epoch = 0; epoch < 2; epoch++) {
                int64_t seen = 0;
                accel_for_each (batch, loader)
                    for (int64_t i = 0; i < batch_size_of(batch); i++)
                        assert_int_equal(number_in(batch, i), seen++);
                assert_int_equal(seen, 1001);
                assert_int_equal(c.epoch, epoch);
            }
            assert_int_equal(c.transformed, 2 * 1001);
        }
}

static void transforms_only_its_own(void **state)
{
    (void)state;
    accel_scoped() {
        counter c = {.count = 12};
        accel_loader *loader = accel_loader_create(stream_of(&c), .batch_size = 2);
        assert_int_equal(loader_set_shard(loader, &(loader_shard){.rank = 1, .world_size = 3}), ACCEL_OK);
        accel_for_each (batch, loader)
            ;
        assert_int_equal(c.transformed, 4);
    }
}

static void a_loop_that_is_left_ends_its_pass(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 2; workers += 2)
        accel_scoped() {
            counter c = {.count = 1000};
            accel_loader *loader = accel_loader_create(stream_of(&c), .batch_size = 2, .num_workers = workers);
            accel_for_each (batch, loader)
                break;
            assert_int_equal(c.ended, 1);
            accel_for_each (batch, loader) {
                assert_int_equal(number_in(batch, 0), 0); /* the next one begins again */
                break;
            }
            assert_int_equal(c.ended, 2);
        }
}

static void two_loops_have_passes_of_their_own(void **state)
{
    (void)state;
    accel_scoped() {
        counter c = {.count = 5};
        accel_dataset *dataset = stream_of(&c);
        accel_loader *outer = accel_loader_create(dataset), *inner = accel_loader_create(dataset);
        int64_t rounds = 0;
        accel_for_each (batch, outer) {
            int64_t inner_rounds = 0;
            assert_int_equal(number_in(batch, 0), rounds++);
            accel_for_each (other, inner)
                assert_int_equal(number_in(other, 0), inner_rounds++);
            assert_int_equal(inner_rounds, 5);
        }
        assert_int_equal(rounds, 5);
    }
}

static void a_failure_comes_in_its_turn(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 3; workers += 3)
        accel_scoped() {
            counter c = {.count = 100, .fails_at = 7};
            accel_loader *loader = accel_loader_create(stream_of(&c), .batch_size = 2, .num_workers = workers);
            int rounds = 0;
            accel_for_each (batch, loader) {
                rounds++;
                assert_false(loader_at_end(loader)); /* what failed is not the end */
            }
            assert_int_equal(rounds, 3);
            expect_failure(ACCEL_EFORMAT, "next_number: number 7 is bad");
            assert_int_equal(c.ended, 1);
        }
}

/* ---- lengths ---- */

static void knows_its_length_or_says_so(void **state)
{
    (void)state;
    accel_scoped() {
        counter c = {.count = 10};
        accel_dataset *without = stream_of(&c);
        assert_int_equal(accel_dataset_length(without), -1);
        expect_no_failure();
        accel_loader *loader = accel_loader_create(without, .batch_size = 4);
        assert_int_equal(accel_loader_length(loader), -1);
        expect_failure(ACCEL_EUNSUPPORTED,
                       "accel_loader_length: the dataset does not know how many samples it has");
        accel_dataset *with = accel_iterable_dataset(.begin = begin_pass, .next = next_number, .end = end_pass,
                                                     .length = 10, .user = &c);
        assert_int_equal(accel_loader_length(accel_loader_create(with, .batch_size = 4)), 3);
    }
}

/* ---- the first batches ---- */

static void skips_the_first_batches_once(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 2; workers += 2)
        accel_scoped() {
            counter c = {.count = 10};
            accel_loader *loader = accel_loader_create(stream_of(&c), .batch_size = 2, .num_workers = workers);
            for (int64_t skipped = 0; skipped <= 7; skipped++) {
                accel_loader_skip_first_batches(loader, skipped);
                int64_t seen = 2 * skipped;
                accel_for_each (batch, loader)
                    for (int64_t i = 0; i < 2; i++)
                        assert_int_equal(number_in(batch, i), seen++);
                assert_int_equal(seen, skipped > 5 ? 2 * skipped : 10);
            }
            int64_t rounds = 0;
            accel_for_each (batch, loader)
                rounds++;
            assert_int_equal(rounds, 5);
        }
}

/* ---- what it refuses ---- */

static accel_status add_nothing(void *user, int64_t epoch, accel_batch_list *list)
{
    (void)user;
    (void)epoch;
    (void)list;
    return ACCEL_OK;
}

static void refuses_what_needs_numbers(void **state)
{
    (void)state;
    accel_scoped() {
        counter c = {.count = 3};
        assert_null(accel_loader_create(stream_of(&c), .shuffle = true));
        expect_failure(ACCEL_EINVAL,
                       "accel_loader_create: shuffle is given, but the dataset is iterable: its samples "
                       "come in their own order");
        assert_null(accel_loader_create(stream_of(&c), .batches = add_nothing));
        expect_failure(ACCEL_EINVAL,
                       "accel_loader_create: batches is given, but the dataset is iterable: its samples "
                       "come in their own order");
        assert_null(accel_iterable_dataset());
        expect_failure(ACCEL_EINVAL, "accel_iterable_dataset: next is NULL");
        assert_null(accel_iterable_dataset(.next = next_number, .length = -2));
        expect_failure(ACCEL_EINVAL, "accel_iterable_dataset: length must be -1 or more, got -2");
    }
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    for (size_t nth = 1; nth < 200; nth++)
        accel_scoped() {
            counter c = {.count = 7};
            memory_fail_at(nth);
            accel_loader *loader = accel_loader_create(stream_of(&c), .batch_size = 2, .num_workers = 0);
            if (loader)
                loader_set_shard(loader, &(loader_shard){.rank = 1, .world_size = 2, .even_batches = true});
            accel_for_each (batch, loader)
                ;
            memory_fail_at(0);
            accel_error_clear();
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(equals_the_reference),
        TEST(is_read_in_order_by_many),
        TEST(transforms_only_its_own),
        TEST(a_loop_that_is_left_ends_its_pass),
        TEST(two_loops_have_passes_of_their_own),
        TEST(a_failure_comes_in_its_turn),
        TEST(knows_its_length_or_says_so),
        TEST(skips_the_first_batches_once),
        TEST(refuses_what_needs_numbers),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
