/* The largest batch that fits, on one process and on several of which one is short of memory; and what ends with free_memory. */
#include "ranks.h"

#include <sys/resource.h>
#include <unistd.h>

/* More than any machine has. */
static accel_tensor *take_too_much(void) { return accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE((int64_t)1 << 50)); }

static accelerator *start(void) { return accelerator_create(.timeout = 60); }

/* A step with a model that is prepared in the run, which takes too much where `fits` is false. */
static accel_module *train(accelerator *acc, int64_t batch_size, bool fits)
{
    accel_set_seed(3);
    accel_module *model = accel_linear(4, 1);
    accel_optimizer *optimizer = accel_sgd(model, .lr = 0.1);
    accelerator_prepare(acc, model, optimizer);
    for (int step = 0; step < 2; step++)
        accel_scoped() {
            accel_tensor *x = near(acc, accel_randn(NULL, ACCEL_SHAPE(batch_size, 4)));
            accel_tensor *loss = accel_mean(accel_square(accel_forward(model, x)));
            if (step == 1 && !fits)
                take_too_much();
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_optimizer_zero_grad(optimizer);
        }
    return model;
}

/* ---- the search ---- */

/* As find_executable_batch_size, which multiplies by 0.9 and rounds down. */
static int tries_nine_tenths(void *user)
{
    static const int64_t expected[] = {128, 115, 103, 92, 82, 73, 65, 58, 52, 46, 41, 36, 32, 28, 25,
                                       22,  19,  17,  15, 13, 11, 9,  8,  7,  6,  5,  4,  3,  2,  1};
    (void)user;
    accelerator *acc = start();
    size_t runs = 0;
    accelerator_find_executable_batch_size(acc, batch_size, 128) {
        CHECK(batch_size == expected[runs++]);
        if (batch_size > 1 && accelerator_num_processes(acc) == 1)
            take_too_much();
        else if (batch_size > 92)
            take_too_much();
    }
    CHECK(!accel_error_is_set() && runs == (accelerator_num_processes(acc) == 1 ? 30 : 4));
    return accelerator_finish(acc);
}

/* Only the last process runs out of memory, in the middle of a step: all try again, and train together. */
static int one_is_short_of_memory(void *user)
{
    (void)user;
    accelerator *acc = start();
    accel_module *model = NULL;
    int runs = 0;
    accelerator_find_executable_batch_size(acc, batch_size, 10) {
        runs++;
        model = train(acc, batch_size, batch_size < 9 || !accelerator_is_last_process(acc));
    }
    CHECK(runs == 3 && !accel_error_is_set());
    accel_tensor *weight = accel_detach(accel_module_tensor(model, "weight"));
    accel_tensor *all = accelerator_gather(acc, weight);
    for (int i = 0; i < accelerator_num_processes(acc); i++)
        CHECK(accel_item(
                  accel_max(accel_abs(accel_sub(accel_select(all, 0, i), accel_select(weight, 0, 0))))) == 0);
    return accelerator_finish(acc);
}

/* What failed runs made has ended, what the last one made has not. */
static int ends_what_failed(void *user)
{
    (void)user;
    accelerator *acc = start();
    accel_tensor *made = NULL;
    size_t before = accel_live_handles();
    accelerator_find_executable_batch_size(acc, batch_size, 16) {
        CHECK(accel_live_handles() == before);
        for (int i = 0; i < 5; i++)
            made = accel_arange(batch_size);
        if (batch_size > 12)
            take_too_much();
    }
    CHECK(accel_live_handles() == before + 5 && accel_tensor_numel(made) == 12);
    return accelerator_finish(acc);
}

static int64_t halve(int64_t batch_size, void *user)
{
    *(int *)user += 1;
    return batch_size / 2;
}

static int64_t keep(int64_t batch_size, void *user)
{
    (void)user;
    return batch_size;
}

static int reduces_as_asked(void *user)
{
    (void)user;
    accelerator *acc = start();
    int calls = 0, runs = 0;
    accelerator_find_executable_batch_size(acc, batch_size, 64, .reduce = halve, .user = &calls) {
        runs++;
        if (batch_size > 8)
            take_too_much();
        CHECK(batch_size == 64 >> (runs - 1));
    }
    CHECK(calls == 3 && runs == 4);
    accelerator_find_executable_batch_size(acc, batch_size, 2) {
        CHECK(batch_size <= 2);
        take_too_much();
    }
    CHECK_ERROR(ACCEL_ENOMEM, "no executable batch size found, 1 was the last: ");
    accel_error_clear();
    accelerator_find_executable_batch_size(acc, batch_size, 2, .reduce = keep) {
        CHECK(batch_size == 2);
        take_too_much();
    }
    CHECK_ERROR(ACCEL_EINVAL, "reduce must give less than 2, got 2");
    accel_error_clear();
    return accelerator_finish(acc);
}

static int refuses(void *user)
{
    (void)user;
    accelerator *acc = start();
    int runs = 0;
    accelerator_find_executable_batch_size(acc, batch_size, 0)
        runs += (int)batch_size;
    CHECK_ERROR(ACCEL_EINVAL, "starting_batch_size must be above 0, got 0");
    accel_error_clear();
    accelerator_find_executable_batch_size(acc, batch_size, 8) {
        runs += batch_size == 8;
        accel_error_raise(ACCEL_EIO, "test", "the disk is full");
    }
    CHECK(runs == 1);
    CHECK_ERROR(ACCEL_EIO, "the disk is full");
    accel_error_clear();
    return accelerator_finish(acc);
}

static int refuses_what_was_prepared(void *user)
{
    (void)user;
    accelerator *acc = start();
    accel_module *model = accel_linear(2, 1);
    accelerator_prepare(acc, model);
    accel_try(err) {
        int runs = 0;
        accelerator_find_executable_batch_size(acc, batch_size, 8)
            runs += (int)batch_size;
        CHECK(err && runs == 0);
        CHECK_ERROR(ACCEL_EINVAL, "a model is prepared already: prepare it in the block");
    }
    accelerator_free_memory(acc);
    int runs = 0;
    accelerator_find_executable_batch_size(acc, batch_size, 8)
        runs += (int)batch_size;
    CHECK(runs == 8);
    return accelerator_finish(acc);
}

static int64_t find(accelerator *acc)
{
    accelerator_find_executable_batch_size(acc, batch_size, 20) {
        if (batch_size > 16)
            take_too_much();
        else
            return batch_size;
    }
    return -1;
}

static int leaves_the_block(void *user)
{
    (void)user;
    accelerator *acc = start();
    CHECK(find(acc) == 16);
    int runs = 0;
    accelerator_find_executable_batch_size(acc, batch_size, 20) {
        runs++;
        if (batch_size > 16) {
            take_too_much();
            continue;
        }
        break;
    }
    CHECK(runs == 3 && !accel_error_is_set());
    return accelerator_finish(acc);
}

/* A failure that is not for want of memory takes the whole group with it, as everywhere. */
static int other_failures_are_everybodys(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc), runs = 0;
    accelerator_find_executable_batch_size(acc, batch_size, 8) {
        runs += batch_size == 8;
        if (rank == 1)
            accel_error_raise(ACCEL_EIO, "test", "the disk is full");
    }
    CHECK(runs == 1 && accel_error_status() == (rank == 1 ? ACCEL_EIO : ACCEL_EPEER));
    CHECK(strstr(accel_error_text(), "the disk is full") != NULL);
    accelerator_finish(acc);
    return 0;
}

static int end_inside(void)
{
    accelerator *acc = start();
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_arange(7));
    accel_loader *loader = accel_loader_create(accel_tensor_dataset(data), .batch_size = 2);
    accelerator_prepare(acc, loader);
    accelerator_find_executable_batch_size(acc, batch_size, 9) {
        int64_t seen = 0;
        train(acc, batch_size, batch_size < 9);
        accel_for_each (batch, loader)
            seen += accel_tensor_numel(accelerator_gather_for_metrics(acc, accel_get(batch, "x")));
        if (batch_size < 9) {
            CHECK(seen == 7);
            return accelerator_finish(acc);
        }
    }
    return 1;
}

/* What was prepared before stays so, and nothing is left when the accelerator ends inside. */
static int keeps_what_was_before(void *user)
{
    (void)user;
    CHECK(end_inside() == 0 && accel_live_handles() == 0);
    return 0;
}

static void finds(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, tries_nine_tenths);
        run_in(processes, one_is_short_of_memory);
        run_in(processes, ends_what_failed);
        run_in(processes, keeps_what_was_before);
    }
    run_in(1, reduces_as_asked);
    run_in(1, refuses);
    run_in(1, leaves_the_block);
    run_in(2, refuses_what_was_prepared);
    run_in(2, other_failures_are_everybodys);
}

/* ---- memory that the system refuses ---- */

enum { MEBIBYTE = 1 << 20 };

/* What this process has of the addresses, in bytes. */
static rlim_t address_space(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    int found = file ? fscanf(file, "%ld", &pages) : 0;
    if (file)
        fclose(file);
    return found == 1 ? (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) : RLIM_INFINITY;
}

static int obeys_a_limit(void *user)
{
    (void)user;
    accelerator *acc = start();
    const struct rlimit limit = {.rlim_cur = address_space() + (rlim_t)512 * MEBIBYTE,
                                 .rlim_max = RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    int64_t fits = 0;
    accelerator_find_executable_batch_size(acc, batch_size, 64) {
        accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(batch_size, 16 * MEBIBYTE / 4)); /* 16 MiB each */
        fits = batch_size;
    }
    CHECK(!accel_error_is_set() && fits > 1 && fits < 64);
    return accelerator_finish(acc);
}

static void obeys_the_system(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* its shadow takes all addresses there are */
#endif
    run_in(1, obeys_a_limit);
}

/* ---- forgetting ---- */

static int forgets(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.gradient_accumulation_steps = 2, .timeout = 60);
    accel_module *model = accel_linear(4, 1);
    accel_optimizer *optimizer = accel_sgd(model, .lr = 0.1);
    for (int round = 0; round < 3; round++) {
        CHECK(accelerator_prepare(acc, model, optimizer) == ACCEL_OK);
        for (int micro = 0; micro < 3; micro++)
            accelerator_accumulate(acc, model) {
                accelerator_backward(acc, accel_sum(accel_forward(
                                              model, near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 4))))));
                CHECK(accelerator_sync_gradients(acc) == (micro == 1));
                accel_optimizer_zero_grad(optimizer);
            }
        CHECK(accelerator_free_memory(acc) == ACCEL_OK);
        CHECK(accelerator_sync_gradients(acc));
        accel_optimizer_zero_grad(optimizer);
        CHECK(!accel_grad(accel_module_tensor(model, "weight"))); /* it obeys nobody any more */
        CHECK(accel_backward(accel_sum(
                  accel_forward(model, near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 4)))))) == ACCEL_OK);
        accel_optimizer_zero_grad(optimizer);
    }
    return accelerator_finish(acc);
}

/* ---- preparing again ---- */

enum { EPOCHS = 3, ROWS = 20 };

typedef struct training {
    accelerator *acc;
    accel_module *model;
    accel_optimizer *optimizer;
    accel_scheduler *scheduler;
    accel_loader *loader;
} training;

static training make_training(const accel_data_parallel_options *options, accel_mixed_precision precision,
                              int dispatch)
{
    training t = {.acc =
                      accelerator_create(.timeout = 60, .data_parallel = options, .mixed_precision = precision,
                                         .gradient_accumulation_steps = 2, .dispatch_batches = dispatch)};
    accel_set_seed(3);
    t.model = accel_linear(4, 1);
    t.optimizer = accel_adamw(t.model, .lr = 0.01);
    t.scheduler = accel_scheduler_create("linear", t.optimizer, .num_training_steps = 100);
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_randn(NULL, ACCEL_SHAPE(ROWS, 4)));
    t.loader = accel_loader_create(accel_tensor_dataset(data), .batch_size = 2, .shuffle = true);
    return t;
}

static int64_t run_epoch(training *t)
{
    int64_t batches = 0;
    accel_for_each (batch, t->loader) {
        accelerator_accumulate(t->acc, t->model) {
            accel_tensor *loss = accel_mean(accel_square(accel_forward(t->model, accel_get(batch, "x"))));
            accelerator_backward(t->acc, loss);
            accelerator_clip_grad_norm(t->acc, t->model, 1, 2);
            accel_optimizer_step(t->optimizer);
            accel_scheduler_step(t->scheduler);
            accel_optimizer_zero_grad(t->optimizer);
        }
        batches++;
    }
    return batches;
}

/* What the epochs leave in the weight's first element, and the learning rate. */
static int run_epochs(training *t, bool forgets_between, double result[2])
{
    const int64_t share = ROWS / 2 / accelerator_num_processes(t->acc);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        if (epoch == 0 || forgets_between)
            CHECK(accelerator_prepare(t->acc, t->model, t->optimizer, t->scheduler, t->loader) == ACCEL_OK);
        CHECK(accel_loader_length(t->loader) == share && run_epoch(t) == share);
        if (!forgets_between)
            continue;
        size_t handles = accel_live_handles();
        CHECK(accelerator_free_memory(t->acc) == ACCEL_OK && accel_live_handles() <= handles);
        CHECK(accel_loader_length(t->loader) == ROWS / 2); /* one process's whole */
    }
    result[0] = accel_item(accel_select(
        accel_reshape(accel_detach(accel_module_tensor(t->model, "weight")), ACCEL_SHAPE(4)), 0, 0));
    result[1] = accel_optimizer_lr(t->optimizer, 0);
    return accelerator_finish(t->acc);
}

static int trains_the_same(const accel_data_parallel_options *options, accel_mixed_precision precision,
                           int dispatch)
{
    double through[2], again[2];
    training t = make_training(options, precision, dispatch);
    CHECK(run_epochs(&t, false, through) == 0);
    t = make_training(options, precision, dispatch);
    CHECK(run_epochs(&t, true, again) == 0);
    CHECK(through[0] == again[0] && through[1] == again[1]);
    return 0;
}

/* Training goes on as if nothing had been forgotten, however gradients are averaged. */
static int prepares_again(void *user)
{
    (void)user;
    accel_data_parallel_options options[4];
    for (int i = 0; i < 4; i++)
        options[i] = accel_data_parallel_options_default();
    options[0].find_unused_parameters = true;
    options[1].static_graph = true;
    options[2].gradient_as_bucket_view = false;
    options[3].comm_hook = ACCEL_COMM_HOOK_FP16;
    for (int i = 0; i < 4; i++)
        CHECK(trains_the_same(&options[i], ACCEL_PRECISION_NO, false) == 0);
    CHECK(trains_the_same(NULL, ACCEL_PRECISION_NO, true) == 0);
    CHECK(trains_the_same(NULL, ACCEL_FP16, false) == 0);
    return 0;
}

static int count_threads(void)
{
    char line[128];
    int threads = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && threads == 0 && fgets(line, sizeof line, file))
        sscanf(line, "Threads: %d", &threads);
    if (file)
        fclose(file);
    return threads;
}

/* A model that is prepared again takes the connections over that were there before. */
static int connects_once(void *user)
{
    (void)user;
    training t = make_training(NULL, ACCEL_PRECISION_NO, false);
    int threads = 0,
        first = accelerator_device(t.acc).type == ACCEL_CUDA; /* a GPU's first pass starts the engine's */
    for (int round = 0; round < 6; round++) {
        CHECK(accelerator_prepare(t.acc, t.model, t.optimizer, t.scheduler, t.loader) == ACCEL_OK);
        if (round <= first)
            threads = count_threads();
        CHECK(threads > 0 && count_threads() == threads);
        run_epoch(&t);
        accelerator_free_memory(t.acc);
    }
    return accelerator_finish(t.acc);
}

static accelerator *start_in_half_precision(void)
{
    accel_grad_scaler_options scaling = accel_grad_scaler_options_default();
    scaling.init_scale = 1024;
    return accelerator_create(.mixed_precision = ACCEL_FP16, .grad_scaler = &scaling, .timeout = 60);
}

/* Every gradient is 1, and every rate 1. */
static int leaves_gradients_in_their_scale(void *user)
{
    (void)user;
    accelerator *acc = start_in_half_precision();
    accel_module *model = accel_linear(1, 1);
    accel_tensor *bias = accel_module_tensor(model, "bias"),
                 *one = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 1)));
    accel_no_grad()
        accel_fill_uniform(bias, 0, 0, NULL);
    accel_optimizer *optimizer = accel_sgd(model, .lr = 1);
    accelerator_prepare(acc, model, optimizer);
    accelerator_backward(acc, accel_sum(accel_forward(model, one)));
    CHECK(all_are(accel_grad(bias), 1024));
    accelerator_free_memory(acc);
    CHECK(all_are(accel_grad(bias), 1));
    accelerator_prepare(acc, model, optimizer);
    accelerator_backward(acc, accel_sum(accel_forward(model, one)));
    CHECK(all_are(accel_grad(bias), 2048));
    accel_optimizer_step(optimizer);
    CHECK(all_are(accel_detach(bias), -2));
    return accelerator_finish(acc);
}

static int prepares_an_optimizer_late(void *user)
{
    (void)user;
    accelerator *acc = start_in_half_precision();
    accel_module *model = accel_linear(1, 1);
    accel_tensor *bias = accel_module_tensor(model, "bias"),
                 *one = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 1)));
    accel_no_grad()
        accel_fill_uniform(bias, 0, 0, NULL);
    accel_optimizer *optimizer = accel_sgd(model, .lr = 1);
    accelerator_prepare(acc, model);
    accelerator_backward(acc, accel_sum(accel_forward(model, one)));
    accelerator_prepare(acc, optimizer);
    accel_optimizer_step(optimizer);
    CHECK(all_are(accel_detach(bias), -1));
    return accelerator_finish(acc);
}

static void forgets_what_was_prepared(void **state)
{
    (void)state;
    run_in(1, forgets);
    run_in(2, forgets);
    for (int processes = 1; processes <= 2; processes++) {
        run_in(processes, prepares_again);
        run_in(processes, connects_once);
        run_in(processes, leaves_gradients_in_their_scale);
        run_in(processes, prepares_an_optimizer_late);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(obeys_the_system),
        cmocka_unit_test(forgets_what_was_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
