/* accelerator_prepare: any mix of things, all of them or none, each once. */
#include "accelerator/capture.h"

/* One of each, in the root scope. */
static accelerator *acc;
static accel_module *model;
static accel_optimizer *optimizer;
static accel_scheduler *scheduler;
static accel_loader *loader;

static accel_loader *make_loader(int64_t seed)
{
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", accel_arange(20));
    return accel_loader_create(accel_tensor_dataset(tensors), .batch_size = 20, .shuffle = true,
                               .data_seed = seed);
}

static void make_all(int64_t data_seed)
{
    acc = accelerator_create(.data_seed = data_seed);
    model = accel_linear(2, 1);
    optimizer = accel_adamw(model, .lr = 0.5);
    scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = 10);
    loader = make_loader(-1);
    expect_no_failure();
}

/* The 20 numbers of the loader's next batch. */
static void read_next(accel_loader *from, int64_t numbers[20])
{
    accel_tensor_copy_to(accel_get(accel_loader_next(from), "x"), numbers, 20 * sizeof *numbers);
}

static void expect_same_next(accel_loader *a, accel_loader *b)
{
    int64_t of_a[20], of_b[20];
    read_next(a, of_a);
    read_next(b, of_b);
    assert_memory_equal(of_a, of_b, sizeof of_a);
}

static void finish_all(void)
{
    assert_int_equal(accelerator_finish(acc), 0);
    assert_int_equal(accel_live_handles(), 0);
}

static void takes_any_mix_and_order(void **state)
{
    (void)state;
    make_all(-1);
    accel_loader *second = make_loader(-1), *third = make_loader(3);
    assert_int_equal(accelerator_prepare(acc, scheduler, loader, second, optimizer, model, third), ACCEL_OK);
    finish_all();
    make_all(-1);
    assert_int_equal(accelerator_prepare(acc, model), ACCEL_OK);
    assert_int_equal(accelerator_prepare(acc, optimizer, scheduler), ACCEL_OK);
    assert_int_equal(accelerator_prepare_items(acc, NULL, 0), ACCEL_OK);
    finish_all();
}

static void takes_24(void **state)
{
    (void)state;
    make_all(-1);
    accel_module *m[24];
    for (int i = 0; i < 24; i++)
        m[i] = accel_relu_module();
    assert_int_equal(accelerator_prepare(acc, m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10],
                                         m[11], m[12], m[13], m[14], m[15], m[16], m[17], m[18], m[19], m[20],
                                         m[21], m[22], m[23]),
                     ACCEL_OK);
    assert_int_equal(accelerator_prepare(acc, m[23]), ACCEL_EINVAL);
    accel_error_clear();
    finish_all();
}

static void keeps_what_it_is_given(void **state)
{
    (void)state;
    make_all(-1);
    assert_int_equal(accelerator_prepare(acc, model, loader), ACCEL_OK);
    accel_free(model);
    accel_free(loader);
    assert_int_equal(accel_loader_length(loader), 1);
    assert_int_equal(accel_module_parameter_count(model), 3);
    finish_all();
}

static void twice_is_an_error(void **state)
{
    (void)state;
    make_all(-1);
    assert_int_equal(accelerator_prepare(acc, model, optimizer, model), ACCEL_EINVAL);
    expect_failure(ACCEL_EINVAL, "accelerator_prepare: argument 3, a module, is prepared already");
    assert_int_equal(accelerator_prepare(acc, model, loader), ACCEL_OK); /* nothing was prepared before */
    assert_int_equal(accelerator_prepare(acc, optimizer, loader), ACCEL_EINVAL);
    expect_failure(ACCEL_EINVAL, "accelerator_prepare: argument 2, a loader, is prepared already");
    assert_int_equal(accelerator_prepare(acc, optimizer), ACCEL_OK);
    finish_all();
}

/* A loader whose seed was set by prepare would give another order. */
static void on_failure_nothing_is_prepared(void **state)
{
    (void)state;
    make_all(77);
    accel_set_seed(1);
    accel_loader *untouched = make_loader(-1), *same = make_loader(1);
    const accel_preparable items[] = {accel_preparable_of_loader(untouched),
                                      {ACCEL_PREPARABLE_MODULE, optimizer}};
    assert_int_equal(accelerator_prepare_items(acc, items, 2), ACCEL_EINVAL);
    expect_failure(ACCEL_EINVAL, "accelerator_prepare: argument 2 is an optimizer, expected a module");
    accel_loader_begin(untouched);
    accel_loader_begin(same);
    expect_same_next(untouched, same);
    accel_loader_end(untouched);
    accel_loader_end(same);
    finish_all();
}

static void refuses_what_is_no_handle(void **state)
{
    (void)state;
    make_all(-1);
    accelerator_prepare(acc, model, (accel_loader *)NULL);
    expect_failure(ACCEL_EINVAL, "accelerator_prepare: argument 2 is NULL");
    accel_free(loader);
    accelerator_prepare(acc, loader);
    expect_stale("accelerator_prepare");
    const accel_preparable unknown = {(accel_preparable_kind)9, model};
    accelerator_prepare_items(acc, &unknown, 1);
    expect_failure(ACCEL_EINVAL, "accelerator_prepare: argument 1 is of unknown kind 9");
    accelerator_prepare_items(acc, NULL, 2);
    expect_failure(ACCEL_EINVAL, "accelerator_prepare: items is NULL");
    accelerator_prepare((accelerator *)NULL, model);
    expect_failure(ACCEL_EINVAL, "accelerator_prepare: accelerator is NULL");
    accel_error_raise(ACCEL_EIO, "before", "first");
    assert_int_equal(accelerator_prepare(acc, model), ACCEL_EIO);
    expect_failure(ACCEL_EIO, "before: first");
    assert_int_equal(accelerator_prepare(acc, model), ACCEL_OK);
    finish_all();
}

static void expect_same_order(accel_loader *a, accel_loader *b)
{
    for (int epoch = 0; epoch < 2; epoch++) {
        accel_loader_begin(a);
        accel_loader_begin(b);
        expect_same_next(a, b);
        accel_loader_end(a);
        accel_loader_end(b);
    }
    expect_no_failure();
}

static void gives_loaders_their_seed(void **state)
{
    (void)state;
    make_all(77);
    accel_loader *chosen = make_loader(5);
    accelerator_prepare(acc, loader, chosen);
    expect_same_order(loader, make_loader(77));
    expect_same_order(chosen, make_loader(5));
    finish_all();
    accel_set_seed(8);
    make_all(-1);
    accel_set_seed(9); /* the seed at prepare, not when the loader was made */
    accelerator_prepare(acc, loader);
    expect_same_order(loader, make_loader(9));
    finish_all();
}

static void a_prepared_schedule_steps_once_in_one_process(void **state)
{
    (void)state;
    make_all(-1);
    accelerator_prepare(acc, optimizer, scheduler);
    assert_true(accel_scheduler_last_lr(scheduler, 0) == 0.5);
    accel_scheduler_step(scheduler);
    assert_true(accel_optimizer_lr(optimizer, 0) == 0.5 * 0.9);
    finish_all();
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    make_all(-1);
    accel_status status = ACCEL_ENOMEM;
    for (size_t nth = 1; status != ACCEL_OK; nth++) {
        assert_in_range(nth, 1, 40);
        memory_fail_at(nth);
        status = accelerator_prepare(acc, model, optimizer, loader);
        memory_fail_at(0);
        assert_true(status == ACCEL_OK || status == ACCEL_ENOMEM);
        accel_error_clear();
    }
    assert_int_equal(accelerator_prepare(acc, model), ACCEL_EINVAL);
    accel_error_clear();
    finish_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_any_mix_and_order),        TEST(takes_24),
        TEST(keeps_what_it_is_given),         TEST(twice_is_an_error),
        TEST(on_failure_nothing_is_prepared), TEST(refuses_what_is_no_handle),
        TEST(gives_loaders_their_seed),       TEST(a_prepared_schedule_steps_once_in_one_process),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
