/* Batches of the program's own: shared as Accelerate shares those of a batch sampler without a size. */
#include "data/reference_loaders.h"

#include "data/loader.h"

/* Batches of these sizes, of the numbers from 0 on. */
typedef struct sizes {
    int64_t sizes[16];
    size_t count;
    int calls;
} sizes;

static accel_status add_batches(void *user, int64_t epoch, accel_batch_list *list)
{
    (void)epoch;
    sizes *s = user;
    int64_t number = 0, indices[16];
    s->calls++;
    for (size_t k = 0; k < s->count; k++) {
        for (int64_t i = 0; i < s->sizes[k]; i++)
            indices[i] = number++;
        accel_batch_list_add(list, indices, (size_t)s->sizes[k]);
    }
    return accel_error_status();
}

/* ---- against the reference ---- */

static void expect_list(const json_t *given, int rank, int workers)
{
    sizes s = {.count = json_array_size(json_object_get(given, "sizes"))};
    const json_t *batches = json_array_get(json_object_get(given, "batches"), (size_t)rank);
    for (size_t k = 0; k < s.count; k++)
        s.sizes[k] = json_integer_value(json_array_get(json_object_get(given, "sizes"), k));
    accel_loader *loader =
        accel_loader_create(numbers(64), .batches = add_batches, .batches_user = &s, .num_workers = workers);
    const loader_shard shard = {.rank = rank,
                                .world_size = (int)integer_of(given, "world_size"),
                                .even_batches = boolean_of(given, "even_batches")};
    assert_int_equal(loader_set_shard(loader, &shard), ACCEL_OK);
    assert_int_equal(accel_loader_length(loader), json_array_size(batches));
    size_t rounds = 0;
    accel_for_each (batch, loader) {
        const json_t *expected = json_array_get(batches, rounds++);
        assert_int_equal(batch_size_of(batch), json_array_size(expected));
        assert_int_equal(batch_round_rows(loader_round(loader), rank), json_array_size(expected));
        for (size_t i = 0; i < json_array_size(expected); i++)
            assert_int_equal(number_in(batch, (int64_t)i), json_integer_value(json_array_get(expected, i)));
        assert_int_equal(loader_at_end(loader), rounds == json_array_size(batches));
    }
    expect_no_failure();
    assert_int_equal(rounds, json_array_size(batches));
}

static void equals_the_reference(void **state)
{
    (void)state;
    json_t *lists = reference_cases("lists.json");
    for (size_t i = 0; i < json_array_size(lists); i++)
        accel_scoped() {
            const json_t *given = json_array_get(lists, i);
            for (int rank = 0; rank < integer_of(given, "world_size"); rank++)
                expect_list(given, rank, i % 8 == 0 ? 2 : 0);
        }
    json_decref(lists);
}

/* ---- epochs ---- */

/* As many batches as the epoch's number. */
static accel_status add_for_epoch(void *user, int64_t epoch, accel_batch_list *list)
{
    (void)user;
    for (int64_t k = 0; k < epoch; k++)
        accel_batch_list_add(list, &k, 1);
    return accel_error_status();
}

static void each_epoch_has_its_own(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(5), .batches = add_for_epoch);
        for (int64_t epoch = 0; epoch < 4; epoch++) {
            int64_t rounds = 0;
            assert_int_equal(accel_loader_length(loader), epoch);
            accel_for_each (batch, loader)
                rounds++;
            assert_int_equal(rounds, epoch);
        }
        accel_loader_skip_first_batches(loader, 3);
        int64_t rounds = 0;
        accel_for_each (batch, loader)
            assert_int_equal(number_in(batch, 0), 3 + rounds++);
        assert_int_equal(rounds, 1);
    }
}

/* ---- what it refuses ---- */

static accel_status add_too_far(void *user, int64_t epoch, accel_batch_list *list)
{
    (void)user;
    (void)epoch;
    return accel_batch_list_add(list, (const int64_t[]){0, 5}, 2);
}

static accel_status add_empty(void *user, int64_t epoch, accel_batch_list *list)
{
    (void)user;
    (void)epoch;
    return accel_batch_list_add(list, (const int64_t[]){0}, 0);
}

static accel_status add_and_fail(void *user, int64_t epoch, accel_batch_list *list)
{
    (void)user;
    (void)epoch;
    (void)list;
    return ACCEL_EIO;
}

static void refuses_wrong_batches(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader_begin(accel_loader_create(numbers(5), .batches = add_too_far));
        expect_failure(ACCEL_EINVAL, "accel_batch_list_add: indices[1] is 5, the dataset has 5 samples");
        accel_loader_begin(accel_loader_create(numbers(5), .batches = add_empty));
        expect_failure(ACCEL_EINVAL, "accel_batch_list_add: count is 0, a batch has a sample at least");
        accel_loader_begin(accel_loader_create(numbers(5), .batches = add_and_fail));
        expect_failure(ACCEL_EINVAL, "accel_loader_begin: batches failed and did not say why");
        assert_null(accel_loader_create(numbers(5), .batches = add_and_fail, .batch_size = 2));
        expect_failure(ACCEL_EINVAL,
                       "accel_loader_create: batches is given, and batch_size, shuffle or drop_last, "
                       "too: which is to count?");
        accel_loader *loader = accel_loader_create(numbers(5), .batches = add_for_epoch);
        loader_set_shard(loader, &(loader_shard){.world_size = 2, .split_batches = true});
        expect_failure(ACCEL_EINVAL,
                       "accelerator_prepare: split_batches needs a batch_size, and the loader has batches");
        accel_loader_skip_first_batches(loader, -1);
        expect_failure(ACCEL_EINVAL,
                       "accel_loader_skip_first_batches: num_batches must not be negative, got -1");
    }
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    for (size_t nth = 1; nth < 100; nth++)
        accel_scoped() {
            sizes s = {.count = 3, .sizes = {2, 1, 3}};
            memory_fail_at(nth);
            accel_loader *loader =
                accel_loader_create(numbers(9), .batches = add_batches, .batches_user = &s, .num_workers = 0);
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
        TEST(each_epoch_has_its_own),
        TEST(refuses_wrong_batches),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
