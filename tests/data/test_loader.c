/* Loops over a loader: their batches and random draws against Accelerate, their epochs, and how long a batch lives. */
#include "data/reference_loaders.h"

#include <accel/ops.h>

/* ---- against the reference ---- */

static accel_dict *list_batch(void *user, const int64_t *indices, size_t count)
{
    (void)user;
    accel_dict *batch = accel_dict_create();
    accel_dict_set(batch, "index", accel_tensor_copy_from(indices, ACCEL_INT64, ACCEL_SHAPE((int64_t)count)));
    return batch;
}

static void expect_batch(accel_dict *batch, const json_t *expected, const char *name)
{
    accel_tensor *indices = accel_get(batch, "index");
    expect_no_failure();
    assert_int_equal(accel_tensor_numel(indices), json_array_size(expected));
    const int64_t *values = accel_tensor_data(indices);
    for (size_t i = 0; i < json_array_size(expected); i++)
        if (values[i] != json_integer_value(json_array_get(expected, i)))
            fail_msg("%s: sample %zu of the batch is %lld", name, i, (long long)values[i]);
}

/* The next two draws are those; null stands for none to compare with. */
static void expect_draws(const json_t *expected, const char *name, const char *where)
{
    if (json_is_null(expected))
        return;
    assert_int_equal(json_array_size(expected), 2);
    accel_scoped() {
        accel_tensor *state = accel_generator_state(NULL);
        for (size_t i = 0; i < 2; i++)
            if (accel_generator_draw(NULL) != json_integer_value(json_array_get(expected, i)))
                fail_msg("%s: draw %zu %s", name, i, where);
        accel_generator_set_state(NULL, state);
    }
}

static void expect_epoch(accel_loader *loader, const json_t *epoch, const char *name)
{
    const json_t *batches = json_object_get(epoch, "batches");
    size_t count = 0;
    expect_draws(json_object_get(epoch, "next_before"), name, "before the loop");
    accel_for_each (batch, loader) {
        if (count == 0)
            expect_draws(json_object_get(epoch, "next_entered"), name, "inside the loop");
        expect_batch(batch, json_array_get(batches, count++), name);
    }
    expect_no_failure();
    assert_int_equal(count, json_array_size(batches));
    expect_draws(json_object_get(epoch, "next_after"), name, "after the loop");
}

static void expect_case(const json_t *object, int workers)
{
    char name[128];
    const json_t *epochs = json_object_get(object, "epochs");
    accel_set_seed(42);
    accel_scoped() {
        accel_dataset *dataset = accel_dataset_create(.length = integer_of(object, "n"), .batch = list_batch);
        accel_loader *loader = accel_loader_create(
            dataset, .batch_size = integer_of(object, "batch_size"), .shuffle = boolean_of(object, "shuffle"),
            .drop_last = boolean_of(object, "drop_last"), .data_seed = integer_of(object, "data_seed"),
            .num_workers = workers);
        expect_no_failure();
        assert_int_equal(accel_loader_length(loader), integer_of(object, "length"));
        for (size_t e = 0; e < json_array_size(epochs); e++) {
            assert_int_equal(accel_loader_epoch(loader), e);
            expect_epoch(loader, json_array_get(epochs, e), case_name(object, name, sizeof name));
        }
    }
}

static void equals_the_reference(void **state)
{
    (void)state;
    static const int workers[] = {0, 1, 3};
    json_t *cases = reference_cases("loaders.json");
    for (size_t c = 0; c < json_array_size(cases); c++)
        for (size_t w = 0; w < sizeof workers / sizeof workers[0]; w++)
            expect_case(json_array_get(cases, c), workers[w]);
    json_decref(cases);
}

/* ---- entering ---- */

/* How many numbers the default generator gave since it was seeded with 5. */
static int draws_since_seeding(void)
{
    int64_t next = next_draw();
    accel_scoped() {
        accel_generator *fresh = accel_generator_create(5);
        for (int count = 0; count < 100; count++)
            if (accel_generator_draw(fresh) == next)
                return count;
    }
    return -1;
}

static void draws_once_at_each_entry(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *shuffled =
            accel_loader_create(numbers(6), .batch_size = 2, .shuffle = true, .data_seed = 1);
        accel_loader *empty = accel_loader_create(numbers(0), .batch_size = 2);
        accel_set_seed(5);
        assert_int_equal(draws_since_seeding(), 0);
        accel_for_each (batch, shuffled)
            break;
        assert_int_equal(draws_since_seeding(), 1);
        accel_for_each (batch, empty)
            fail();
        assert_int_equal(draws_since_seeding(), 2);
        assert_int_equal(accel_loader_begin(shuffled), ACCEL_OK);
        accel_loader_end(shuffled);
        assert_int_equal(draws_since_seeding(), 3);
        accel_for_each (batch, shuffled)
            accel_for_each (inner, empty)
                fail();
        assert_int_equal(draws_since_seeding(), 3 + 1 + 3);
    }
}

static void leaving_early_ends_the_epoch(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *broken =
            accel_loader_create(numbers(20), .batch_size = 3, .shuffle = true, .data_seed = 9);
        accel_loader *whole =
            accel_loader_create(numbers(20), .batch_size = 3, .shuffle = true, .data_seed = 9);
        accel_for_each (batch, broken)
            break;
        assert_int_equal(accel_loader_epoch(broken), 1);
        accel_for_each (batch, whole)
            continue;
        assert_int_equal(accel_loader_epoch(whole), 1);
        for (int k = 0; k < 2; k++) {
            accel_loader_begin(broken);
            accel_loader_begin(whole);
            for (int i = 0; i < 3; i++)
                assert_int_equal(number_in(accel_loader_next(broken), 0),
                                 number_in(accel_loader_next(whole), 0));
            accel_loader_end(broken);
            accel_loader_end(whole);
        }
    }
}

static void an_epoch_can_be_chosen(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader =
            accel_loader_create(numbers(50), .batch_size = 50, .shuffle = true, .data_seed = 3);
        int64_t order[2][50] = {{0}};
        for (int k = 0; k < 2; k++) {
            assert_int_equal(accel_loader_set_epoch(loader, 7), ACCEL_OK);
            accel_for_each (batch, loader)
                accel_tensor_copy_to(accel_get(batch, "index"), order[k], sizeof order[k]);
            assert_int_equal(accel_loader_epoch(loader), 8);
        }
        assert_memory_equal(order[0], order[1], sizeof order[0]);
        accel_loader_set_epoch(loader, -1);
        expect_failure(ACCEL_EINVAL, "accel_loader_set_epoch: epoch must be in [0, 2147483647], got -1");
        assert_int_equal(accel_loader_epoch(loader), 8);
    }
}

/* Without a data_seed the order is that of the default generator's seed when the loader is made. */
static void takes_the_generators_seed(void **state)
{
    (void)state;
    accel_scoped() {
        accel_set_seed(11);
        accel_loader *by_default = accel_loader_create(numbers(30), .batch_size = 1, .shuffle = true);
        accel_set_seed(12);
        accel_loader *chosen =
            accel_loader_create(numbers(30), .batch_size = 1, .shuffle = true, .data_seed = 11);
        accel_loader_begin(by_default);
        accel_loader_begin(chosen);
        for (int i = 0; i < 30; i++)
            assert_int_equal(number_in(accel_loader_next(by_default), 0),
                             number_in(accel_loader_next(chosen), 0));
        accel_loader_end(by_default);
        accel_loader_end(chosen);
    }
}

/* ---- how long a batch lives ---- */

static void a_batch_ends_with_the_next(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(6), .batch_size = 2);
        accel_tensor *before = NULL, *computed_before = NULL;
        accel_dict *batch_before = NULL;
        accel_for_each (batch, loader) {
            if (before) {
                accel_item(before);
                expect_stale("accel_item");
                accel_tensor_numel(computed_before);
                expect_stale("accel_tensor_numel");
                accel_get(batch_before, "index");
                expect_stale("accel_dict_get");
            }
            batch_before = batch;
            before = accel_get(batch, "index");
            computed_before = accel_sum(before);
            assert_int_equal(accel_tensor_numel(computed_before), 1);
        }
        assert_int_equal(accel_item_integer(computed_before), 4 + 5); /* the last batch's */
        accel_loader_begin(loader);
        accel_loader_end(loader);
        assert_int_equal(accel_item_integer(computed_before), -1);
        expect_stale("accel_item_integer");
    }
}

static void what_is_kept_outlives_its_batch(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(6), .batch_size = 2);
        accel_tensor *borrowed[3], *made[3];
        accel_dict *batches[3];
        int count = 0;
        accel_for_each (batch, loader) {
            borrowed[count] = accel_keep(accel_get(batch, "index"));
            made[count] = accel_keep(accel_sum(accel_get(batch, "index")));
            batches[count++] = accel_keep(batch);
        }
        accel_free(loader);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(accel_item_integer(made[i]), 4 * i + 1);
            assert_int_equal(accel_item_integer(accel_sum(borrowed[i])), 4 * i + 1);
            assert_int_equal(number_in(batches[i], 1), 2 * i + 1);
        }
        expect_no_failure();
    }
}

static void loops_advance_in_step(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *left = accel_loader_create(numbers(12), .batch_size = 2, .num_workers = 2);
        accel_loader *right = accel_loader_create(numbers(18), .batch_size = 3, .num_workers = 0);
        accel_loader_begin(left);
        accel_loader_begin(right);
        for (int i = 0; i < 6; i++) {
            accel_dict *a = accel_loader_next(left), *b = accel_loader_next(right);
            assert_int_equal(number_in(a, 1), 2 * i + 1); /* b did not end a */
            assert_int_equal(number_in(b, 2), 3 * i + 2);
            accel_dict *again = accel_loader_next(right);
            assert_true(i % 2 == 0 || !again);
            assert_int_equal(number_in(a, 0), 2 * i);
            if (i % 2 == 0)
                break;
        }
        accel_loader_end(left); /* in the order of their beginning */
        accel_loader_end(right);
        expect_no_failure();
    }
}

static void loops_nest(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *outer = accel_loader_create(numbers(4), .batch_size = 2);
        accel_loader *inner = accel_loader_create(numbers(3), .batch_size = 1, .num_workers = 2);
        int rounds = 0;
        accel_for_each (batch, outer) {
            accel_tensor *outside = accel_sum(accel_get(batch, "index")), *inside = NULL;
            accel_for_each (small, inner) {
                inside = accel_add(outside, accel_get(small, "index"));
                rounds++;
            }
            assert_int_equal(accel_item_integer(inside), accel_item_integer(outside) + 2);
            assert_int_equal(batch_size_of(batch), 2);
        }
        assert_int_equal(rounds, 6);
        expect_no_failure();
    }
}

static void one_loop_at_a_time(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(4), .batch_size = 2);
        int rounds = 0;
        accel_for_each (batch, loader) {
            rounds++;
            accel_for_each (again, loader)
                fail();
            expect_failure(ACCEL_EINVAL, "accel_loader_begin: a loop over this loader is running already");
        }
        assert_int_equal(rounds, 2);
        assert_int_equal(accel_loader_epoch(loader), 1);
        assert_null(accel_loader_next(loader));
        expect_failure(ACCEL_EINVAL, "accel_loader_next: no loop over this loader has begun");
        accel_loader_end(loader);
        accel_loader_end(loader);
        accel_loader_end(NULL);
        expect_no_failure();
    }
}

/* Values of a batch's own scope do not pile up, however long the program goes on. */
static void an_endless_loop_does_not_grow(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(8), .batch_size = 2);
        size_t before = accel_live_handles(), rounds = 0;
        while (rounds < 4000) {
            accel_for_each (batch, loader) {
                for (int i = 0; i < 5; i++)
                    accel_mul_scalar(accel_get(batch, "index"), 2);
                if (++rounds % 7 == 0)
                    break;
            }
            assert_int_equal(accel_live_handles(),
                             before + 2 + 5); /* the last batch, its tensor and its products */
        }
        expect_no_failure();
    }
}

/* ---- loaders that end early, and wrong arguments ---- */

static void can_be_freed_while_it_runs(void **state)
{
    (void)state;
    for (int workers = 0; workers < 3; workers++)
        accel_scoped() {
            accel_dataset *dataset = numbers(8);
            accel_loader *loader = accel_loader_create(dataset, .batch_size = 2, .num_workers = workers);
            accel_free(dataset);
            int rounds = 0;
            size_t around = accel_live_handles();
            accel_for_each (batch, loader) {
                if (rounds == 1)
                    accel_free(loader);
                assert_int_equal(number_in(batch, 0), 2 * rounds++);
            }
            assert_int_equal(rounds, 4);
            assert_int_equal(accel_live_handles(), around - 2); /* the loader and its dataset */
            expect_no_failure();
            accel_for_each (batch, loader)
                fail();
            expect_stale("accel_loader_begin");
            accel_loader_end(loader);
            expect_stale("accel_loader_end");
        }
}

static void a_loop_ends_while_an_error_is_recorded(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(8), .batch_size = 2);
        accel_set_seed(5);
        int rounds = 0;
        accel_for_each (batch, loader) {
            rounds++;
            accel_error_raise(ACCEL_EIO, "program", "out of luck");
        }
        assert_int_equal(rounds, 1);
        accel_for_each (batch, loader)
            fail();
        assert_int_equal(accel_loader_begin(loader), ACCEL_EIO);
        expect_failure(ACCEL_EIO, "program: out of luck");
        assert_int_equal(accel_loader_epoch(loader), 1);
        assert_int_equal(draws_since_seeding(), 1);
    }
}

static void refuses_bad_options(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dataset *dataset = numbers(3);
        assert_null(accel_loader_create(dataset, .batch_size = 0));
        expect_failure(ACCEL_EINVAL, "accel_loader_create: batch_size must be positive, got 0");
        assert_null(accel_loader_create(dataset, .num_workers = -2));
        expect_failure(ACCEL_EINVAL, "accel_loader_create: num_workers must be in [-1, 64], got -2");
        assert_null(accel_loader_create(dataset, .num_workers = 65));
        expect_failure(ACCEL_EINVAL, "accel_loader_create: num_workers must be in [-1, 64], got 65");
        assert_null(accel_loader_create(dataset, .prefetch = 0));
        expect_failure(ACCEL_EINVAL, "accel_loader_create: prefetch must be in [1, 1024], got 0");
        assert_null(accel_loader_create(dataset, .data_seed = -2));
        expect_failure(ACCEL_EINVAL, "accel_loader_create: data_seed must not be negative, got -2");
        assert_null(accel_loader_create((accel_dataset *)NULL, .batch_size = 2));
        expect_failure(ACCEL_EINVAL, "accel_loader_create: dataset is NULL");
        accel_dict *dict = accel_dict_create();
        assert_null(accel_loader_create((accel_dataset *)dict));
        expect_failure(ACCEL_EINVAL, "accel_loader_create: dataset is a dict, expected a dataset");
        assert_null(accel_loader_create_with(dataset, &(accel_loader_options){.struct_size = 3}));
        assert_int_equal(accel_error_status(), ACCEL_EINVAL);
        accel_error_clear();
        assert_int_equal(accel_loader_length((accel_loader *)dataset), -1);
        expect_failure(ACCEL_EINVAL, "accel_loader_length: loader is a dataset, expected a loader");
    }
}

/* ---- functions that use their own loader ---- */

typedef struct caller {
    accel_loader *loader;
    void (*call)(accel_loader *loader);
    const char *from; /* which of the functions below calls */
    bool called;
} caller;

/* The record is what the loop ends with. */
static void call_from(caller *c, const char *from)
{
    if (strcmp(from, c->from) != 0 || c->called)
        return;
    c->called = true;
    c->call(c->loader);
}

static accel_dict *calling_sample(void *user, int64_t index)
{
    call_from(user, "sample");
    return number_sample(NULL, index);
}

static accel_status calling_batches(void *user, int64_t epoch, accel_batch_list *list)
{
    (void)epoch;
    call_from(user, "batches");
    for (int64_t i = 0; i < 3; i++)
        accel_batch_list_add(list, &i, 1);
    return accel_error_status();
}

static void *calling_begin(void *user, int64_t epoch)
{
    (void)epoch;
    call_from(user, "begin");
    return accel_error_is_set() ? NULL : calloc(1, sizeof(int64_t));
}

static accel_dict *calling_next(void *user, void *pass)
{
    int64_t *count = pass;
    call_from(user, "next");
    return *count < 3 ? number_sample(NULL, (*count)++) : NULL;
}

static void calling_end(void *user, void *pass)
{
    call_from(user, "end");
    free(pass);
}

static accel_loader *calling_loader(caller *c, int workers)
{
    if (strcmp(c->from, "sample") == 0)
        return accel_loader_create(accel_dataset_create(.length = 3, .sample = calling_sample, .user = c),
                                   .num_workers = workers);
    if (strcmp(c->from, "batches") == 0)
        return accel_loader_create(numbers(3), .batches = calling_batches, .batches_user = c,
                                   .num_workers = workers);
    return accel_loader_create(
        accel_iterable_dataset(.begin = calling_begin, .next = calling_next, .end = calling_end, .user = c),
        .num_workers = workers);
}

static void call_begin(accel_loader *loader) { accel_loader_begin(loader); }
static void call_next(accel_loader *loader) { accel_loader_next(loader); }
static void call_end(accel_loader *loader) { accel_loader_end(loader); }
static void call_loop(accel_loader *loader)
{
    accel_for_each (batch, loader)
        number_in(batch, 0);
}
static void call_length(accel_loader *loader) { accel_loader_length(loader); }

static void expect_refusal(const char *from, const char *name, void (*call)(accel_loader *), int workers)
{
    char expected[256];
    caller c = {.from = from, .call = call};
    snprintf(expected, sizeof expected, "%s: called in the middle of %s, which has to return first", name,
             strcmp(from, "batches") == 0 ? "the function batches of a loader" : "a function of a dataset");
    accel_scoped() {
        c.loader = calling_loader(&c, workers);
        accel_for_each (batch, c.loader)
            number_in(batch, 0);
        assert_true(c.called);
        expect_failure(ACCEL_EINVAL, expected);
        int64_t left = 3; /* and the loader is as good as before */
        accel_for_each (batch, c.loader)
            left--;
        assert_int_equal(left, 0);
        expect_no_failure();
    }
}

static void its_functions_do_not_run_it(void **state)
{
    static const char *const functions[] = {"sample", "batches", "begin", "next", "end"};
    (void)state;
    for (int workers = 0; workers < 2; workers++) {
        for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
            expect_refusal(functions[i], "accel_loader_begin", call_begin, workers);
            expect_refusal(functions[i], "accel_loader_begin", call_loop, workers);
            expect_refusal(functions[i], "accel_loader_next", call_next, workers);
            expect_refusal(functions[i], "accel_loader_end", call_end, workers);
        }
        expect_refusal("batches", "accel_loader_length", call_length, workers);
    }
}

/* A dataset may read another loader. */
static accel_dict *sample_of_loader(void *user, int64_t index)
{
    int64_t sum = 0;
    accel_for_each (batch, user)
        sum += number_in(batch, 0);
    return number_sample(NULL, index * 1000 + sum);
}

static void its_functions_run_others(void **state)
{
    (void)state;
    for (int workers = 0; workers < 2; workers++)
        accel_scoped() {
            accel_loader *inner = accel_loader_create(numbers(4), .num_workers = workers);
            accel_loader *outer = accel_loader_create(
                accel_dataset_create(.length = 3, .sample = sample_of_loader, .user = inner),
                .num_workers = workers);
            int64_t index = 0;
            accel_for_each (batch, outer)
                assert_int_equal(number_in(batch, 0), 1000 * index++ + 6);
            assert_int_equal(index, 3);
            expect_no_failure();
        }
}

static void options_are_those_of_the_macro(void **state)
{
    (void)state;
    const accel_loader_options by_macro = {ACCEL_LOADER_DEFAULTS()};
    const accel_loader_options by_function = accel_loader_options_default();
    assert_int_equal(by_macro.struct_size, by_function.struct_size);
    assert_int_equal(by_macro.batch_size, by_function.batch_size);
    assert_int_equal(by_macro.shuffle, by_function.shuffle);
    assert_int_equal(by_macro.drop_last, by_function.drop_last);
    assert_int_equal(by_macro.data_seed, by_function.data_seed);
    assert_int_equal(by_macro.num_workers, by_function.num_workers);
    assert_int_equal(by_macro.prefetch, by_function.prefetch);
    accel_scoped() {
        accel_loader *loader = accel_loader_create_with(numbers(3), NULL);
        assert_int_equal(accel_loader_length(loader), 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(equals_the_reference),
        TEST(draws_once_at_each_entry),
        TEST(leaving_early_ends_the_epoch),
        TEST(an_epoch_can_be_chosen),
        TEST(takes_the_generators_seed),
        TEST(a_batch_ends_with_the_next),
        TEST(what_is_kept_outlives_its_batch),
        TEST(loops_advance_in_step),
        TEST(loops_nest),
        TEST(one_loop_at_a_time),
        TEST(an_endless_loop_does_not_grow),
        TEST(can_be_freed_while_it_runs),
        TEST(a_loop_ends_while_an_error_is_recorded),
        TEST(its_functions_do_not_run_it),
        TEST(its_functions_run_others),
        TEST(refuses_bad_options),
        TEST(options_are_those_of_the_macro),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
