/* Training on GPUs against the same training on the CPU; and what happens when memory ends there, or a process. */
#include "accelerator/ranks.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include <accel/device.h>

enum { ROWS = 26, FEATURES = 6, HIDDEN = 16, LOSSES = 64, MEBIBYTE = 1 << 20 };

static bool is_real(void) { return getenv("ACCEL_REAL_GPU") != NULL; }

/* ---- one loop, on either ---- */

typedef struct way {
    accel_mixed_precision precision;
    int64_t steps; /* micro-batches for each */
    int workers, dispatch;
    bool clips, iterable;
} way;

/* A row that its number decides. */
static accel_dict *sample(void *user, int64_t index)
{
    (void)user;
    accel_generator *g = accel_generator_create((uint64_t)index + 100);
    accel_tensor *x = accel_randn(g, ACCEL_SHAPE(FEATURES));
    accel_dict *made = accel_dict_create();
    accel_dict_set(made, "x", x);
    accel_dict_set(made, "y", accel_reshape(accel_sum(accel_square(x)), ACCEL_SHAPE(1)));
    return made;
}

static accel_dict *next_sample(void *user, void *pass)
{
    int64_t *next = user;
    (void)pass;
    return *next == ROWS ? NULL : sample(NULL, (*next)++);
}

static void *begin_pass(void *user, int64_t epoch)
{
    (void)epoch;
    *(int64_t *)user = 0;
    return NULL;
}

static accel_loader *make_loader(const way *w, int64_t *next)
{
    accel_dataset *dataset =
        w->iterable ? accel_iterable_dataset(.begin = begin_pass, .next = next_sample, .user = next)
                    : accel_dataset_create(.length = ROWS, .sample = sample);
    return accel_loader_create(dataset, .batch_size = 3, .shuffle = !w->iterable, .data_seed = 5,
                               .num_workers = w->workers);
}

static accel_module *make_model(void)
{
    accel_set_seed(11);
    return accel_sequential(accel_linear(FEATURES, HIDDEN), accel_tanh_module(), accel_linear(HIDDEN, 1));
}

/* The mean loss of each batch over the processes; their number, -1 on failure. */
static int train(const way *w, bool cpu, double losses[LOSSES])
{
    int64_t next = 0;
    int count = 0;
    accelerator *acc =
        accelerator_create(.cpu = cpu, .mixed_precision = w->precision, .gradient_accumulation_steps = w->steps,
                           .dispatch_batches = w->dispatch, .timeout = 60);
    const accel_device device = accelerator_device(acc);
    accel_module *model = make_model();
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.05);
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = 100);
    accel_loader *loader = make_loader(w, &next);
    accelerator_prepare(acc, model, optimizer, scheduler, loader);
    bool there = (device.type == ACCEL_CPU) == cpu;
    for (int epoch = 0; epoch < 3; epoch++)
        accel_for_each (batch, loader) {
            there = there && accel_device_is(accel_tensor_device(accel_get(batch, "x")), device);
            accelerator_accumulate(acc, model) {
                accel_tensor *loss =
                    accel_mse_loss(accel_forward(model, accel_get(batch, "x")), accel_get(batch, "y"));
                accelerator_backward(acc, loss);
                if (w->clips && accelerator_sync_gradients(acc))
                    accelerator_clip_grad_norm(acc, model, 0.5, 2);
                accel_optimizer_step(optimizer);
                accel_scheduler_step(scheduler);
                accel_optimizer_zero_grad(optimizer);
                accel_tensor *mean = accelerator_reduce(acc, accel_detach(loss), .reduction = "mean");
                there = there && accel_device_is(accel_tensor_device(mean), device);
                losses[count++ % LOSSES] = accel_item(mean);
            }
        }
    if (!there || accel_error_is_set())
        fprintf(stderr, "on %s: %s\n", accel_device_name(device), accel_error_text());
    there = there && !accel_error_is_set();
    return accelerator_finish(acc) == 0 && there ? count : -1;
}

/* A pretended GPU computes what the CPU does; a real one rounds otherwise. */
static int compare(const way *w)
{
    double on_cpu[LOSSES], on_gpu[LOSSES], allowed = w->precision == ACCEL_PRECISION_NO ? 1e-4 : 5e-2;
    int count = train(w, true, on_cpu);
    CHECK(count > 10 && count <= LOSSES && train(w, false, on_gpu) == count);
    for (int i = 0; i < count; i++)
        if (is_real() ? fabs(on_gpu[i] - on_cpu[i]) > allowed * fmax(1, fabs(on_cpu[i]))
                      : on_gpu[i] != on_cpu[i]) {
            fprintf(stderr, "batch %d: %.9g, on the CPU %.9g\n", i, on_gpu[i], on_cpu[i]);
            return 1;
        }
    CHECK(fabs(on_cpu[count - 1]) < 1e6 && on_cpu[0] != on_cpu[count - 1]);
    return 0;
}

static int learns_the_same(void *user)
{
    (void)user;
    static const way ways[] = {
        {ACCEL_PRECISION_NO, .steps = 1, .dispatch = -1},
        {ACCEL_PRECISION_NO, .steps = 2, .dispatch = -1, .clips = true, .workers = 1},
        {ACCEL_BF16, .steps = 1, .dispatch = -1, .clips = true, .workers = 4},
        {ACCEL_FP16, .steps = 1, .dispatch = -1, .workers = 1},
        {ACCEL_FP16, .steps = 3, .dispatch = -1, .clips = true},
        {ACCEL_PRECISION_NO, .steps = 1, .dispatch = 1},
        {ACCEL_PRECISION_NO, .steps = 1, .dispatch = 1, .workers = 4},
        {ACCEL_PRECISION_NO, .steps = 1, .dispatch = -1, .iterable = true},
        {ACCEL_FP16, .steps = 2, .dispatch = -1, .iterable = true, .workers = 1},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (compare(&ways[i]) != 0) {
            fprintf(stderr, "way %zu\n", i);
            return 1;
        }
    return 0;
}

static void computes_what_the_cpu_does(void **state)
{
    (void)state;
    run_in(1, learns_the_same);
    run_in(2, learns_the_same);
}

/* ---- files ---- */

static bool are_same_files(const char *one, const char *other)
{
    FILE *a = fopen(one, "rb"), *b = fopen(other, "rb");
    long length = 0;
    int left = 0, right = 0;
    while (a && b && left == right && left != EOF) {
        left = fgetc(a);
        right = fgetc(b);
        length++;
    }
    if (a)
        fclose(a);
    if (b)
        fclose(b);
    return left == EOF && right == EOF && length > 500;
}

static int saves_the_same(void *user)
{
    (void)user;
    static const char *const names[] = {"cpu.safetensors", "gpu.safetensors"};
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = make_model();
    CHECK(accel_save(accel_state_dict(model), names[0]) == ACCEL_OK);
    accelerator_prepare(acc, model);
    CHECK(accel_save(accel_state_dict(model), names[1]) == ACCEL_OK);
    CHECK(are_same_files(names[0], names[1]));
    accel_tensor *weight = accel_module_tensor(model, "0.weight");
    accel_no_grad()
        accel_fill_in_place(weight, 7);
    CHECK(accel_load_state_dict(model, accel_load(names[0])) == ACCEL_OK);
    CHECK(accel_device_is(accel_tensor_device(weight), accelerator_device(acc)));
    CHECK(accel_item(accel_max(accel_detach(weight))) < 7);
    CHECK(accel_save(accel_state_dict(model), names[1]) == ACCEL_OK);
    CHECK(are_same_files(names[0], names[1]));
    return accelerator_finish(acc);
}

static void files_are_the_same(void **state)
{
    (void)state;
    run_in(1, saves_the_same);
}

/* ---- memory ---- */

static accel_tensor *take(accelerator *acc, int64_t mebibytes)
{
    return near(acc, accel_zeros(ACCEL_UINT8, ACCEL_SHAPE(mebibytes, MEBIBYTE)));
}

static int64_t halve(int64_t batch_size, void *user)
{
    (void)user;
    return batch_size / 2;
}

/* 32 MiB, of which a row takes one. */
static int halves_until_it_fits(void *user)
{
    (void)user;
    setenv("PRETEND_GPU_BYTES", "33554432", 1);
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_try(err) {
        CHECK(err && !take(acc, 40));
        CHECK(accel_error_status() == ACCEL_ENOMEM && !strchr(accel_error_text(), '\n'));
        CHECK(strstr(accel_error_text(), "accel_to_device: CUDA out of memory") == accel_error_text());
    }
    int64_t found = 0, runs = 0;
    accelerator_find_executable_batch_size(acc, batch_size, 128, .reduce = halve) {
        runs++;
        accel_module *model = make_model();
        accel_optimizer *optimizer = accel_adamw(model, .lr = 0.01);
        accelerator_prepare(acc, model, optimizer);
        take(acc, batch_size);
        accelerator_backward(acc, accel_sum(accel_forward(
                                      model, near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, FEATURES))))));
        accel_optimizer_step(optimizer);
        found = batch_size;
    }
    CHECK(!accel_error_is_set() && found == 16 && runs == 4);
    return accelerator_finish(acc);
}

/* Weights, gradients and state of 8 MiB each, in rounds that together would take more than there is. */
static int is_given_back(void *user)
{
    (void)user;
    setenv("PRETEND_GPU_BYTES", "100663296", 1);
    accelerator *acc = accelerator_create(.timeout = 60);
    for (int round = 0; round < 6; round++) {
        accel_scoped() {
            accel_module *model = accel_linear(1024, 2048);
            accel_optimizer *optimizer = accel_adamw(model, .lr = 0.01);
            CHECK(accelerator_prepare(acc, model, optimizer) == ACCEL_OK);
            accel_tensor *x = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 1024)));
            accelerator_backward(acc, accel_sum(accel_forward(model, x)));
            CHECK(accel_optimizer_step(optimizer) == ACCEL_OK);
        }
        CHECK(accelerator_free_memory(acc) == ACCEL_OK);
        accel_scoped()
            CHECK(take(acc, 90) != NULL);
    }
    return accelerator_finish(acc);
}

static void memory_is_shared_out(void **state)
{
    (void)state;
    if (is_real()) /* of which nobody knows how much is free */
        skip();
    for (int processes = 1; processes <= 2; processes++) {
        run_in(processes, halves_until_it_fits);
        run_in(processes, is_given_back);
    }
}

/* Whether a failure of the last one was still recorded when the next one ran. */
typedef struct lender {
    int releases;
    bool sees_failure;
} lender;

static void fail_to_release(void *data, void *user)
{
    lender *l = user;
    (void)data;
    l->sees_failure = l->sees_failure || accel_error_is_set();
    l->releases++;
    accel_error_raise(ACCEL_EIO, "fail_to_release", "the line is cut");
}

/* A number of the CPU's that a GPU multiplies with ends in the backward pass, on a thread of the engine's. */
static int forgets_failures(void *user)
{
    (void)user;
    lender l = {0};
    float number = 2;
    accelerator *acc = accelerator_create(.timeout = 60);
    for (int i = 0; i < 2; i++) {
        accel_tensor *x = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(3)));
        CHECK(accel_set_requires_grad(x, true) == ACCEL_OK);
        accel_tensor *factor =
            accel_tensor_wrap(&number, ACCEL_FLOAT32, NULL, 0, .release = fail_to_release, .user = &l);
        accel_tensor *loss = accel_sum(accel_mul(x, factor));
        accel_free(factor);
        CHECK(l.releases == i && accel_backward(loss) == ACCEL_OK && l.releases == i + 1);
        CHECK(all_are(accel_grad(x), 2));
    }
    CHECK(!l.sees_failure);
    return accelerator_finish(acc);
}

static void memory_is_lent(void **state)
{
    (void)state;
    run_in(1, forgets_failures);
}

/* ---- a process that ends ---- */

/* Nobody waits until the time is up, which is that of this whole test. */
static int loses_a_peer(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 600);
    accel_module *model = make_model();
    accel_optimizer *optimizer = accel_sgd(model, .lr = 0.1);
    accelerator_prepare(acc, model, optimizer);
    accel_tensor *x = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, FEATURES)));
    for (int step = 0; step < 10 && !accel_error_is_set(); step++) {
        if (step == 4 && accelerator_process_index(acc) == 1)
            raise(SIGKILL);
        accelerator_backward(acc, accel_mean(accel_square(accel_forward(model, x))));
        accel_optimizer_step(optimizer);
        accel_optimizer_zero_grad(optimizer);
    }
    CHECK_ERROR(ACCEL_EPEER, "process 1 is gone");
    accelerator_finish(acc);
    return 1;
}

static void a_death_is_told(void **state)
{
    (void)state;
    if (is_real() && atoi(getenv("ACCEL_REAL_GPU")) < 2)
        skip();
    assert_int_equal(accelerator_spawn(loses_a_peer, NULL, 2), 128 + SIGKILL);
}

/* Set by process 0 when it has been told, in memory of both. */
static atomic_int *told;

/* Process 1 stays away until process 0 has given it up. */
static int waits_for_a_late_peer(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 2);
    accel_module *model = accel_linear(FEATURES, 1);
    CHECK(accelerator_prepare(acc, model) == ACCEL_OK);
    accel_tensor *x = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, FEATURES)));
    CHECK(accelerator_backward(acc, accel_mean(accel_forward(model, x))) == ACCEL_OK);
    while (accelerator_process_index(acc) == 1 && !atomic_load(told))
        usleep(1000);
    for (int step = 0; step < 10 && !accel_error_is_set(); step++) {
        accelerator_backward(acc, accel_mean(accel_forward(model, x)));
        accel_item(accel_sum(
            accel_grad(accel_dict_tensor(accel_module_parameters(model), 0)))); /* waits for the GPU */
    }
    CHECK(accel_error_is_set());
    if (accelerator_process_index(acc) == 0)
        CHECK_ERROR(
            ACCEL_ETIMEOUT,
            "accelerator_backward: waited 2 s for other processes: process 1 is in no call of the group");
    atomic_store(told, 1);
    accelerator_finish(acc);
    return 0;
}

static void a_late_process_is_named(void **state)
{
    (void)state;
    if (is_real() && atoi(getenv("ACCEL_REAL_GPU")) < 2)
        skip();
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(told != MAP_FAILED);
    run_in(2, waits_for_a_late_peer);
    munmap(told, sizeof *told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computes_what_the_cpu_does), cmocka_unit_test(files_are_the_same),
        cmocka_unit_test(memory_is_shared_out),       cmocka_unit_test(a_death_is_told),
        cmocka_unit_test(a_late_process_is_named),    cmocka_unit_test(memory_is_lent),
    };
    return cmocka_run_group_tests_name("gpu/training", tests, NULL, NULL);
}
