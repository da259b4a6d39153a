/* Loaders of one of several processes: their batches against Accelerate, their last batch, and which loop is innermost. */
#include <pthread.h>

#include "data/reference_loaders.h"

#include "data/loader.h"

static accel_loader *sharded(accel_dataset *dataset, int64_t batch_size, loader_shard shard)
{
    accel_loader *loader = accel_loader_create(dataset, .batch_size = batch_size);
    assert_int_equal(loader_set_shard(loader, &shard), ACCEL_OK);
    return loader;
}

/* How many samples of a round that is filled are its own; 0 where nothing is filled. */
static int64_t remainder_in_hand(accel_loader *loader, int world_size)
{
    const batch_round *round = loader_round(loader);
    return round && round->is_whole && round->real < round->share * world_size ? round->real : 0;
}

/* ---- against the reference ---- */

static accel_loader *loader_of_case(const json_t *share, int workers)
{
    const loader_shard shard = {.rank = (int)integer_of(share, "rank"),
                                .world_size = (int)integer_of(share, "world_size"),
                                .split_batches = boolean_of(share, "split_batches"),
                                .even_batches = boolean_of(share, "even_batches")};
    accel_loader *loader =
        accel_loader_create(numbers(integer_of(share, "n")), .batch_size = integer_of(share, "batch_size"),
                            .shuffle = true, .drop_last = boolean_of(share, "drop_last"),
                            .data_seed = integer_of(share, "data_seed"), .num_workers = workers);
    assert_int_equal(loader_set_shard(loader, &shard), ACCEL_OK);
    return loader;
}

/* The reference has a remainder where nothing was filled, too. */
static int64_t remainder_of(const json_t *share, const json_t *step)
{
    bool fills = boolean_of(share, "even_batches") && !boolean_of(share, "drop_last") &&
                 integer_of(share, "world_size") > 1;
    return fills ? integer_of(step, "remainder") : 0;
}

static void expect_epoch(accel_loader *loader, const json_t *share, const json_t *epoch, const char *name)
{
    size_t count = 0;
    accel_for_each (batch, loader) {
        const json_t *step = json_array_get(epoch, count++), *expected = json_object_get(step, "batch");
        assert_int_equal(batch_size_of(batch), json_array_size(expected));
        for (size_t i = 0; i < json_array_size(expected); i++)
            if (number_in(batch, (int64_t)i) != json_integer_value(json_array_get(expected, i)))
                fail_msg("%s: sample %zu of batch %zu is %lld", name, i, count - 1,
                         (long long)number_in(batch, (int64_t)i));
        if (loader_at_end(loader) != boolean_of(step, "at_end"))
            fail_msg("%s: batch %zu of %zu", name, count, json_array_size(epoch));
        int64_t filled = remainder_in_hand(loader, (int)integer_of(share, "world_size"));
        assert_int_equal(filled, loader_at_end(loader) ? remainder_of(share, step) : 0);
    }
    expect_no_failure();
    assert_int_equal(count, json_array_size(epoch));
    assert_false(loader_at_end(loader));
}

static void equals_the_reference(void **state)
{
    (void)state;
    static const int workers[] = {0, 2};
    json_t *cases = reference_cases("shards.json");
    for (size_t c = 0; c < json_array_size(cases); c++)
        for (size_t w = 0; w < sizeof workers / sizeof workers[0]; w++)
            accel_scoped() {
                char name[128];
                const json_t *share = json_array_get(cases, c), *epochs = json_object_get(share, "epochs");
                int64_t rank = integer_of(share, "rank");
                accel_loader *loader = loader_of_case(share, workers[w]);
                assert_int_equal(accel_loader_length(loader),
                                 integer_of(share, "length") - is_miscounted(share, rank));
                for (size_t e = 0; e < json_array_size(epochs); e++)
                    expect_epoch(loader, share, json_array_get(epochs, e),
                                 share_name(share, rank, name, sizeof name));
            }
    json_decref(cases);
}

/* ---- small data ---- */

static void more_processes_than_samples(void **state)
{
    (void)state;
    for (int rank = 0; rank < 4; rank++)
        accel_scoped() {
            int rounds = 0;
            accel_loader *even =
                sharded(numbers(1), 3, (loader_shard){.rank = rank, .world_size = 4, .even_batches = true});
            accel_for_each (batch, even) {
                assert_int_equal(batch_size_of(batch), 3);
                assert_int_equal(number_in(batch, 2), 0);
                assert_true(loader_at_end(even));
                assert_int_equal(remainder_in_hand(even, 4), 1);
                rounds++;
            }
            assert_int_equal(rounds, 1);
            accel_loader *uneven = sharded(numbers(1), 3, (loader_shard){.rank = rank, .world_size = 4});
            assert_int_equal(accel_loader_length(uneven), rank == 0);
            accel_for_each (batch, uneven)
                rounds++;
            assert_int_equal(rounds, 1 + (rank == 0));
            expect_no_failure();
        }
}

static void an_empty_dataset_has_no_batch(void **state)
{
    (void)state;
    for (int mode = 0; mode < 4; mode++)
        accel_scoped() {
            accel_loader *loader = sharded(numbers(0), 4,
                                           (loader_shard){.rank = 1,
                                                          .world_size = 2,
                                                          .split_batches = (mode & 1) != 0,
                                                          .even_batches = (mode & 2) != 0});
            assert_int_equal(accel_loader_length(loader), 0);
            accel_loader_begin(loader);
            assert_null(accel_loader_next(loader));
            assert_false(loader_at_end(loader)); /* there is no last batch */
            accel_loader_end(loader);
            assert_null(loader_round(loader));
            expect_no_failure();
        }
}

/* ---- telling a loader its shard ---- */

static void is_one_process_before(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(5), .batch_size = 2);
        assert_int_equal(accel_loader_length(loader), 3);
        int rounds = 0;
        accel_for_each (batch, loader) {
            assert_int_equal(batch_size_of(batch), rounds == 2 ? 1 : 2);
            assert_int_equal(loader_at_end(loader), ++rounds == 3);
            assert_int_equal(remainder_in_hand(loader, 1), 0);
        }
        assert_int_equal(rounds, 3);
    }
}

static void counts_for_the_next_loop(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(8), .batch_size = 2);
        for (int rank = 0; rank < 2; rank++) {
            const loader_shard shard = {.rank = rank, .world_size = 2, .split_batches = rank == 1};
            assert_int_equal(loader_set_shard(loader, &shard), ACCEL_OK);
            assert_int_equal(accel_loader_length(loader), rank == 0 ? 2 : 4);
            accel_for_each (batch, loader) {
                assert_int_equal(batch_size_of(batch), rank == 0 ? 2 : 1);
                assert_int_equal(number_in(batch, 0), rank == 0 ? 0 : 1);
                break;
            }
            assert_int_equal(accel_loader_epoch(loader), rank + 1);
        }
    }
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(20), .batch_size = 5);
        const loader_shard split = {.rank = 1, .world_size = 2, .split_batches = true};
        const loader_shard whole = {.rank = 1, .world_size = 2};
        assert_int_equal(loader_set_shard(loader, &split), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accelerator_prepare: batch_size 5 cannot be split over 2 processes");
        accel_for_each (batch, loader) {
            assert_int_equal(loader_set_shard(loader, &whole), ACCEL_EINVAL);
            expect_failure(ACCEL_EINVAL, "accelerator_prepare: a loop over this loader is running");
        }
        accel_loader *large = accel_loader_create(numbers(20), .batch_size = INT64_MAX);
        assert_int_equal(loader_check_shard(large, &whole), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL,
                       "accelerator_prepare: batch_size 9223372036854775807 is too large for 2 processes");
        accel_error_raise(ACCEL_EIO, "before", "first");
        assert_int_equal(loader_set_shard(loader, &whole), ACCEL_EIO);
        expect_failure(ACCEL_EIO, "before: first");
        assert_int_equal(accel_loader_length(loader), 4); /* as before all this */
        assert_int_equal(loader_check_shard(loader, &whole), ACCEL_OK);
        assert_int_equal(accel_loader_length(loader), 4);
        assert_int_equal(loader_set_shard(NULL, &whole), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accelerator_prepare: loader is NULL");
    }
}

/* ---- the last batch ---- */

static void is_at_its_end_until_the_loop_ends(void **state)
{
    (void)state;
    for (int workers = 0; workers < 3; workers += 2)
        accel_scoped() {
            accel_loader *loader = accel_loader_create(numbers(4), .batch_size = 2, .num_workers = workers);
            for (int round = 0; round < 2; round++) {
                assert_false(loader_at_end(loader));
                accel_loader_begin(loader);
                assert_false(loader_at_end(loader));
                accel_loader_next(loader);
                assert_false(loader_at_end(loader));
                accel_loader_next(loader);
                assert_true(loader_at_end(loader));
                if (round == 1) {
                    assert_null(accel_loader_next(loader));
                    assert_true(loader_at_end(loader));
                }
                accel_loader_end(loader);
                assert_false(loader_at_end(loader));
            }
            accel_for_each (batch, loader)
                if (loader_at_end(loader))
                    break;
            assert_false(loader_at_end(loader));
        }
}

static accel_dict *bad_last_sample(void *user, int64_t index)
{
    if (index == 3)
        accel_error_raise(ACCEL_EFORMAT, "bad_last_sample", "sample 3 is bad");
    return number_sample(user, index);
}

static void a_last_batch_that_fails_is_not_given_out(void **state)
{
    (void)state;
    for (int workers = 0; workers < 3; workers += 2)
        accel_scoped() {
            accel_dataset *dataset = accel_dataset_create(.length = 4, .sample = bad_last_sample);
            accel_loader *loader = accel_loader_create(dataset, .batch_size = 2, .num_workers = workers);
            accel_loader_begin(loader);
            assert_non_null(accel_loader_next(loader));
            assert_null(accel_loader_next(loader));
            expect_failure(ACCEL_EFORMAT, "bad_last_sample: sample 3 is bad");
            assert_false(loader_at_end(loader));
            accel_loader_end(loader);
        }
}

/* ---- the innermost loop ---- */

static int leave_by_return(accel_loader *outer, accel_loader *inner)
{
    accel_for_each (batch, outer)
        accel_for_each (small, inner) {
            assert_ptr_equal(loader_innermost(), inner);
            return 1;
        }
    return 0;
}

static void leave_by_goto(accel_loader *outer, accel_loader *inner)
{
    accel_for_each (batch, outer) {
        accel_for_each (small, inner)
            goto out;
    out:
        assert_ptr_equal(loader_innermost(), outer);
    }
}

static void the_innermost_loop_is_the_last_that_runs(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *outer = accel_loader_create(numbers(4), .batch_size = 2);
        accel_loader *inner = accel_loader_create(numbers(3), .batch_size = 1, .num_workers = 2);
        assert_null(loader_innermost());
        int outer_rounds = 0;
        accel_for_each (batch, outer) {
            int inner_rounds = 0;
            outer_rounds++;
            assert_ptr_equal(loader_innermost(), outer);
            accel_for_each (small, inner) {
                assert_ptr_equal(loader_innermost(), inner);
                assert_int_equal(loader_at_end(inner), ++inner_rounds == 3);
                assert_int_equal(loader_at_end(outer), outer_rounds == 2);
                if (outer_rounds == 1 && inner_rounds == 2)
                    break;
            }
            assert_ptr_equal(loader_innermost(), outer);
            assert_false(loader_at_end(inner));
            assert_int_equal(loader_at_end(outer), outer_rounds == 2);
        }
        assert_null(loader_innermost());
        assert_int_equal(leave_by_return(outer, inner), 1);
        assert_null(loader_innermost());
        leave_by_goto(outer, inner);
        assert_null(loader_innermost());
        expect_no_failure();
    }
}

static void loops_in_step_end_in_any_order(void **state)
{
    (void)state;
    enum { LOOPS = 3 };
    static const int orders[][LOOPS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++)
        accel_scoped() {
            accel_loader *loaders[LOOPS];
            bool runs[LOOPS] = {true, true, true};
            for (int i = 0; i < LOOPS; i++) {
                loaders[i] = accel_loader_create(numbers(4), .batch_size = 2);
                accel_loader_begin(loaders[i]);
                accel_loader_next(loaders[i]);
                assert_ptr_equal(loader_innermost(), loaders[i]);
            }
            for (int i = 0; i < LOOPS; i++) {
                accel_loader_end(loaders[orders[k][i]]);
                runs[orders[k][i]] = false;
                accel_loader *innermost = runs[2]   ? loaders[2]
                                          : runs[1] ? loaders[1]
                                          : runs[0] ? loaders[0]
                                                    : NULL;
                assert_ptr_equal(loader_innermost(), innermost);
            }
        }
}

static void a_failure_leaves_no_loop_behind(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *outer = accel_loader_create(numbers(4), .batch_size = 2);
        accel_loader *inner = accel_loader_create(numbers(4), .batch_size = 2);
        accel_for_each (batch, outer) {
            accel_for_each (small, inner)
                accel_error_raise(ACCEL_EIO, "program", "out of luck");
            assert_ptr_equal(loader_innermost(), outer);
            accel_for_each (small, inner) /* cannot begin */
                fail();
            assert_ptr_equal(loader_innermost(), outer);
        }
        assert_null(loader_innermost());
        accel_error_clear();
        accel_loader_begin(outer);
        accel_loader_begin(inner);
        loader_end_all();
        assert_null(loader_innermost());
    }
}

static void *loop_on_another_thread(void *user)
{
    accel_loader *loader = user;
    bool good = !loader_innermost();
    accel_for_each (batch, loader)
        good = good && loader_innermost() == loader;
    return good && !loader_innermost() ? user : NULL;
}

static void each_thread_has_its_own(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *here = accel_loader_create(numbers(4), .batch_size = 2);
        accel_loader *there = accel_loader_create(numbers(4), .batch_size = 2);
        accel_for_each (batch, here) {
            pthread_t thread;
            void *good = NULL;
            assert_int_equal(pthread_create(&thread, NULL, loop_on_another_thread, there), 0);
            assert_int_equal(pthread_join(thread, &good), 0);
            assert_ptr_equal(good, there);
            assert_ptr_equal(loader_innermost(), here);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(equals_the_reference),
        TEST(more_processes_than_samples),
        TEST(an_empty_dataset_has_no_batch),
        TEST(is_one_process_before),
        TEST(counts_for_the_next_loop),
        TEST(refuses_what_does_not_fit),
        TEST(is_at_its_end_until_the_loop_ends),
        TEST(a_last_batch_that_fails_is_not_given_out),
        TEST(the_innermost_loop_is_the_last_that_runs),
        TEST(loops_in_step_end_in_any_order),
        TEST(a_failure_leaves_no_loop_behind),
        TEST(each_thread_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
