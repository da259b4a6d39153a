/* The life of an accelerator, what it takes from the environment, and the calls of a training loop. */
#include "accelerator/capture.h"

static int finish(accelerator *acc, const char *expected)
{
    capture c = capture_begin(stderr);
    int status = accelerator_finish(acc);
    assert_string_equal(capture_end(&c), expected);
    return status;
}

/* ---- life ---- */

static void ends_what_was_made_after_it(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    assert_non_null(acc);
    accel_tensor *kept = accel_keep(accel_arange(3)), *left = accel_arange(4);
    accel_module *model = accel_sequential(accel_linear(2, 3), accel_relu_module());
    assert_non_null(accel_adamw(model));
    accel_scoped() {
        accel_arange(5);
    }
    assert_true(accel_live_handles() > 6);
    assert_int_equal(finish(acc, ""), 0);
    assert_int_equal(accel_live_handles(), 1);
    assert_int_equal(accel_tensor_numel(kept), 3);
    accel_free(kept);
    assert_int_equal(accel_tensor_numel(left), -1);
    expect_stale("accel_tensor_numel");
}

static void finish_prints_the_first_error(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    accel_error_raise(ACCEL_EIO, "program", "a line\nof text");
    accel_error_raise(ACCEL_EINVAL, "program", "later");
    assert_int_equal(finish(acc, "accel: error: program: a line of text\n"), 1);
    assert_false(accel_error_is_set());
    assert_int_equal(accel_live_handles(), 0);
}

static void finish_takes_what_create_could_not_make(void **state)
{
    (void)state;
    assert_int_equal(finish(NULL, ""), 0);
    setenv("RANK", "x", 1);
    assert_int_equal(finish(accelerator_create(),
                            "accel: error: accelerator_create: RANK must be a number from 0 to 1000000, "
                            "got \"x\"\n"),
                     1);
}

static void finishing_twice_is_an_error(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    assert_int_equal(finish(acc, ""), 0);
    capture c = capture_begin(stderr);
    assert_int_equal(accelerator_finish(acc), 1);
    assert_int_equal(strncmp(capture_end(&c), "accel: error: accelerator_finish: ", 34), 0);
    assert_false(accel_error_is_set());
}

static void may_finish_inside_a_loop(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", accel_arange(8));
    accel_loader *loader =
        accel_loader_create(accel_tensor_dataset(tensors), .batch_size = 2, .num_workers = 1);
    accelerator_prepare(acc, loader);
    int rounds = 0;
    accel_for_each (batch, loader) {
        rounds++;
        assert_int_equal(finish(acc, ""), 0);
        break;
    }
    assert_int_equal(rounds, 1);
    assert_int_equal(accel_live_handles(), 0);
}

/* Loops begun by hand and never ended end with it, the inner one first. */
static void finish_ends_running_loops(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", accel_arange(8));
    accel_dataset *dataset = accel_tensor_dataset(tensors);
    accel_loader *loaders[3];
    for (int i = 0; i < 3; i++) {
        loaders[i] = accel_loader_create(dataset, .batch_size = 2, .num_workers = i);
        assert_int_equal(accel_loader_begin(loaders[i]), ACCEL_OK);
        assert_non_null(accel_loader_next(loaders[i]));
    }
    accel_loader_end(loaders[1]);
    accel_error_raise(ACCEL_EIO, "program", "stop");
    assert_int_equal(finish(acc, "accel: error: program: stop\n"), 1);
    assert_int_equal(accel_live_handles(), 0);
}

static void is_one_process(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    assert_int_equal(accelerator_num_processes(acc), 1);
    assert_int_equal(accelerator_process_index(acc), 0);
    assert_true(accelerator_is_main_process(acc));
    assert_true(accelerator_is_local_main_process(acc));
    assert_int_equal(accelerator_device(acc).type, ACCEL_CPU);
    assert_int_equal(accelerator_device(acc).index, -1);
    expect_no_failure();
    finish(acc, "");
    assert_int_equal(accelerator_num_processes(acc), -1);
    accel_error_clear();
    assert_int_equal(accelerator_process_index(NULL), -1);
    expect_failure(ACCEL_EINVAL, "accelerator_process_index: accelerator is NULL");
    assert_false(accelerator_is_main_process(NULL));
}

static void refuses_bad_options(void **state)
{
    (void)state;
    assert_null(accelerator_create(.data_seed = -2));
    expect_failure(ACCEL_EINVAL, "accelerator_create: data_seed must not be negative, got -2");
    assert_null(accelerator_create(.num_threads = -1));
    expect_failure(ACCEL_EINVAL, "accelerator_create: num_threads must be in [0, 1024], got -1");
    assert_null(accelerator_create_with(&(accelerator_options){.struct_size = 2}));
    assert_int_equal(accel_error_status(), ACCEL_EINVAL);
    assert_null(accelerator_create());
}

static void options_are_those_of_the_macro(void **state)
{
    (void)state;
    const accelerator_options by_macro = {ACCELERATOR_DEFAULTS()};
    const accelerator_options by_function = accelerator_options_default();
    assert_int_equal(by_macro.struct_size, by_function.struct_size);
    assert_int_equal(by_macro.cpu, by_function.cpu);
    assert_int_equal(by_macro.data_seed, by_function.data_seed);
    assert_int_equal(by_macro.num_threads, by_function.num_threads);
    assert_int_equal(by_macro.keep_memory, by_function.keep_memory);
    assert_int_equal(by_macro.fast_matmul, by_function.fast_matmul);
    finish(accelerator_create_with(NULL), "");
}

/* ---- the environment ---- */

static void takes_what_a_launcher_says(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *expected; /* NULL: it is fine */
    } cases[] = {
        {"WORLD_SIZE", "1", NULL},
        {"WORLD_SIZE", "", NULL},
        {"WORLD_SIZE", "2", "accelerator_create: WORLD_SIZE is 2 and RANK is not set"},
        {"ACCEL_TIMEOUT", "soon",
         "accelerator_create: ACCEL_TIMEOUT must be seconds in [0.001, 1e+09], got \"soon\""},
        {"WORLD_SIZE", "0", "accelerator_create: RANK is 0, which does not fit WORLD_SIZE 0"},
        {"WORLD_SIZE", "-1", "accelerator_create: WORLD_SIZE must be a number from 0 to 1000000, got \"-1\""},
        {"WORLD_SIZE", "two", "accelerator_create: WORLD_SIZE must be a number from 0 to 1000000, got \"two\""},
        {"WORLD_SIZE", "1x", "accelerator_create: WORLD_SIZE must be a number from 0 to 1000000, got \"1x\""},
        {"WORLD_SIZE", "99999999999999999999",
         "accelerator_create: WORLD_SIZE must be a number from 0 to 1000000, got \"99999999999999999999\""},
        {"WORLD_SIZE", " 1", "accelerator_create: WORLD_SIZE must be a number from 0 to 1000000, got \" 1\""},
        {"WORLD_SIZE", "1 ", "accelerator_create: WORLD_SIZE must be a number from 0 to 1000000, got \"1 \""},
        {"WORLD_SIZE", "+1", "accelerator_create: WORLD_SIZE must be a number from 0 to 1000000, got \"+1\""},
        {"ACCEL_TIMEOUT", " 5",
         "accelerator_create: ACCEL_TIMEOUT must be seconds in [0.001, 1e+09], got \" 5\""},
        {"RANK", "1", "accelerator_create: RANK is 1, which does not fit WORLD_SIZE 1"},
        {"LOCAL_RANK", "1", "accelerator_create: LOCAL_RANK is 1, which does not fit LOCAL_WORLD_SIZE 1"},
        {"LOCAL_WORLD_SIZE", "0", "accelerator_create: LOCAL_RANK is 0, which does not fit LOCAL_WORLD_SIZE 0"},
        {"LOCAL_WORLD_SIZE", "4", NULL},
        {"ACCELERATE_USE_CPU", "yes", NULL},
        {"ACCELERATE_USE_CPU", "False", NULL},
        {"ACCELERATE_USE_CPU", "maybe",
         "accelerator_create: ACCELERATE_USE_CPU must be yes or no, true or false, 1 or 0, got \"maybe\""},
        {"ACCEL_KEEP_MEMORY", "2",
         "accelerator_create: ACCEL_KEEP_MEMORY must be yes or no, true or false, 1 or 0, got \"2\""},
        {"ACCEL_FAST_MATMUL", "fast",
         "accelerator_create: ACCEL_FAST_MATMUL must be yes or no, true or false, 1 or 0, got \"fast\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setenv(cases[i].name, cases[i].value, 1);
        accelerator *acc = accelerator_create(.keep_memory = false);
        unsetenv(cases[i].name);
        assert_int_equal(acc == NULL, cases[i].expected != NULL);
        if (cases[i].expected)
            expect_failure(accel_error_status(), cases[i].expected);
        assert_int_equal(accelerator_finish(acc), 0);
        assert_int_equal(accel_live_handles(), 0);
    }
}

/* Two processes' numbers, read by the first. */
static void refuses_numbers_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *local_size, *port, *expected;
    } cases[] = {
        {"9", "29500", "accelerator_create: LOCAL_WORLD_SIZE is 9, which does not fit WORLD_SIZE 2"},
        {"2", "http", "accelerator_create: MASTER_PORT must be a port number from 1 to 65535, got \"http\""},
        {"2", "0", "accelerator_create: MASTER_PORT must be a port number from 1 to 65535, got \"0\""},
        {"2", "65536", "accelerator_create: MASTER_PORT must be a port number from 1 to 65535, got \"65536\""},
        {"2", " 80", "accelerator_create: MASTER_PORT must be a port number from 1 to 65535, got \" 80\""},
    };
    static const char *const names[] = {"WORLD_SIZE", "RANK", "MASTER_ADDR", "LOCAL_WORLD_SIZE", "MASTER_PORT"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *values[] = {"2", "0", "127.0.0.1", cases[i].local_size, cases[i].port};
        for (size_t n = 0; n < 5; n++)
            setenv(names[n], values[n], 1);
        accelerator *acc = accelerator_create(.keep_memory = false, .timeout = 1);
        for (size_t n = 0; n < 5; n++)
            unsetenv(names[n]);
        assert_null(acc);
        expect_failure(ACCEL_EINVAL, cases[i].expected);
        assert_int_equal(accelerator_finish(acc), 0);
    }
}

/* ---- the loop ---- */

static void backward_adds_gradients(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    accel_tensor *w = accel_full(3, ACCEL_FLOAT32, ACCEL_SHAPE(2));
    accel_set_requires_grad(w, true);
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(accelerator_backward(acc, accel_sum(accel_square(w))), ACCEL_OK);
        assert_true(accel_item(accel_max(accel_grad(w))) == 6 * i);
    }
    assert_int_equal(finish(acc, ""), 0);
}

static void backward_says_what_is_wrong_with_a_loss(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    accel_tensor *w = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)), *old = accel_arange(1);
    accel_set_requires_grad(w, true);
    accelerator_backward(acc, accel_square(w));
    expect_failure(ACCEL_EINVAL, "accelerator_backward: loss must have one element, got 2");
    accelerator_backward(acc, accel_scalar(1, ACCEL_FLOAT32));
    expect_failure(ACCEL_EINVAL, "accelerator_backward: loss depends on no parameter that requires gradients");
    accelerator_backward(acc, NULL);
    expect_failure(ACCEL_EINVAL, "accelerator_backward: loss is NULL");
    accel_free(old);
    accelerator_backward(acc, old);
    expect_stale("accelerator_backward");
    accelerator_backward(NULL, accel_sum(w));
    expect_failure(ACCEL_EINVAL, "accelerator_backward: accelerator is NULL");
    accel_tensor *loss = accel_sum(accel_square(w));
    accelerator_backward(acc, loss);
    accelerator_backward(acc, loss);
    expect_failure(ACCEL_EINVAL,
                   "accelerator_backward: what was saved for this backward pass is gone: another one went "
                   "through the same operations, without retain_graph");
    assert_int_equal(finish(acc, ""), 0);
}

static void gathers_the_values_of_one_process(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    accel_tensor *x = accel_arange(5), *scalar = accel_scalar(2.5, ACCEL_FLOAT32);
    accel_tensor *gathered = accelerator_gather_for_metrics(acc, x);
    assert_int_equal(accel_tensor_numel(gathered), 5);
    accel_free(x);
    assert_int_equal(accel_item_integer(accel_sum(gathered)), 10);
    assert_int_equal(accel_tensor_rank(accelerator_gather_for_metrics(acc, scalar)), 0);
    assert_null(accelerator_gather_for_metrics(acc, NULL));
    expect_failure(ACCEL_EINVAL, "accelerator_gather_for_metrics: tensor is NULL");
    assert_int_equal(finish(acc, ""), 0);
}

static void prints_on_the_first_process_of_a_machine(void **state)
{
    (void)state;
    for (int local_rank = 0; local_rank < 2; local_rank++) {
        setenv("LOCAL_WORLD_SIZE", "2", 1);
        setenv("LOCAL_RANK", local_rank ? "1" : "0", 1);
        accelerator *acc = accelerator_create();
        assert_true(accelerator_is_main_process(acc));
        assert_int_equal(accelerator_is_local_main_process(acc), local_rank == 0);
        capture c = capture_begin(stdout);
        assert_int_equal(accelerator_print(acc, "%d of %s\n", 3, "four"), ACCEL_OK);
        assert_string_equal(capture_end(&c), local_rank ? "" : "3 of four\n");
        c = capture_begin(stderr);
        accel_progress *bar = accelerator_progress(acc, 2, "train");
        accel_progress_advance(bar, 2);
        accel_progress_close(bar);
        assert_int_equal(strncmp(capture_end(&c), "train: 100% 2/2 ", 16) == 0, local_rank == 0);
        assert_int_equal(finish(acc, ""), 0);
    }
}

static void does_nothing_while_an_error_is_recorded(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    accel_tensor *w = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1));
    accel_set_requires_grad(w, true);
    accel_tensor *loss = accel_sum(accel_square(w));
    accel_error_raise(ACCEL_EIO, "before", "first");
    capture c = capture_begin(stdout);
    assert_int_equal(accelerator_print(acc, "hello\n"), ACCEL_EIO);
    assert_string_equal(capture_end(&c), "");
    assert_int_equal(accelerator_backward(acc, loss), ACCEL_EIO);
    assert_null(accelerator_gather_for_metrics(acc, w));
    assert_null(accelerator_progress(acc, 1, "x"));
    assert_null(accelerator_create());
    expect_failure(ACCEL_EIO, "before: first");
    assert_null(accel_grad(w));
    assert_int_equal(finish(acc, ""), 0);
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    bool made = false;
    for (size_t nth = 1; !made; nth++) {
        assert_in_range(nth, 1, 50);
        memory_fail_at(nth);
        accelerator *acc = accelerator_create();
        memory_fail_at(0);
        made = !accel_error_is_set();
        assert_true(made || accel_error_status() == ACCEL_ENOMEM);
        accel_error_clear();
        assert_int_equal(accelerator_finish(acc), 0);
        assert_int_equal(accel_live_handles(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends_what_was_made_after_it),
        TEST(finish_prints_the_first_error),
        TEST(finish_takes_what_create_could_not_make),
        TEST(finishing_twice_is_an_error),
        TEST(may_finish_inside_a_loop),
        TEST(finish_ends_running_loops),
        TEST(is_one_process),
        TEST(refuses_bad_options),
        TEST(options_are_those_of_the_macro),
        TEST(takes_what_a_launcher_says),
        TEST(refuses_numbers_that_do_not_fit),
        TEST(backward_adds_gradients),
        TEST(backward_says_what_is_wrong_with_a_loss),
        TEST(gathers_the_values_of_one_process),
        TEST(prints_on_the_first_process_of_a_machine),
        TEST(does_nothing_while_an_error_is_recorded),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
