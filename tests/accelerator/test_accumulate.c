/* Steps of several micro-batches, on one process and on several: the gradient of the step is that of one big batch. */
#include "ranks.h"

#include "accelerator/facade.h"
#include "comm/group.h"

enum { FEATURES = 4 };

typedef struct fixture {
    accelerator *acc;
    accel_module *model, *twin; /* twin: the same parameters, trained in this process on everybody's rows */
    accel_optimizer *optimizer;
    int rank, processes;
} fixture;

static void set_up(fixture *f, const accelerator_options *options)
{
    f->acc = accelerator_create_with(options);
    f->rank = accelerator_process_index(f->acc);
    f->processes = accelerator_num_processes(f->acc);
    accel_set_seed(5);
    f->model = accel_linear(FEATURES, 1);
    f->twin = accel_linear(FEATURES, 1);
    accel_load_state_dict(f->twin, accel_state_dict(f->model));
    f->optimizer = accel_sgd(f->model, .lr = 0.1);
    accelerator_prepare(f->acc, f->model, f->optimizer);
    accel_module_to_device(f->twin, accelerator_device(f->acc));
}

static accelerator_options options_with(int64_t steps)
{
    accelerator_options o = accelerator_options_default();
    o.timeout = 60;
    o.gradient_accumulation_steps = steps;
    return o;
}

/* The rows of a micro-batch of a process, which every process can make. */
static accel_tensor *rows_of(int rank, int micro, int64_t count)
{
    accel_generator *g = accel_generator_create((uint64_t)(100 * rank + micro));
    return accel_randn(g, ACCEL_SHAPE(count, FEATURES));
}

/* A loader that gives every process so many batches. */
static accel_loader *make_batches(fixture *f, int64_t count)
{
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(count * f->processes, 1)));
    accel_loader *loader = accel_loader_create(accel_tensor_dataset(data), .batch_size = 1);
    accelerator_prepare(f->acc, loader);
    return loader;
}

static accel_tensor *loss_of(accel_module *model, accel_tensor *rows)
{
    return accel_mean(accel_square(accel_forward(model, beside(accel_module_tensor(model, "weight"), rows))));
}

/* Whether the model's gradient is the twin's; which then starts again. */
static bool is_that_of_the_twin(fixture *f)
{
    accel_tensor *own = accel_grad(accel_module_tensor(f->model, "weight"));
    accel_tensor *weight = accel_module_tensor(f->twin, "weight"), *expected = accel_grad(weight);
    bool same = own && expected &&
                accel_item(accel_max(accel_abs(accel_sub(own, expected)))) <=
                    1e-6 * accel_item(accel_max(accel_abs(expected)));
    accel_set_grad(weight, NULL);
    accel_set_grad(accel_module_tensor(f->twin, "bias"), NULL);
    return same;
}

/* Everybody's rows of a micro-batch, in a window of so many. */
static void teach_twin(fixture *f, int micro, int64_t count, int length)
{
    for (int rank = 0; rank < f->processes; rank++)
        accel_backward(
            accel_mul_scalar(loss_of(f->twin, rows_of(rank, micro, count)), 1.0 / (length * f->processes)));
}

/* ---- how a window weighs ---- */

/* Five batches in windows of two: the last one is alone, and weighs as much as two. */
static int short_windows(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(2);
    set_up(&f, &options);
    accel_loader *loader = make_batches(&f, 5);
    static const bool syncs[] = {false, true, false, true, true};
    static const int lengths[] = {2, 2, 2, 2, 1};
    int micro = 0;
    accel_for_each (batch, loader) {
        teach_twin(&f, micro, 3, lengths[micro]);
        accelerator_accumulate(f.acc, f.model) {
            accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, micro, 3)));
            CHECK(batch && accelerator_sync_gradients(f.acc) == syncs[micro]);
            CHECK(!syncs[micro] || is_that_of_the_twin(&f));
            accel_optimizer_zero_grad(f.optimizer);
        }
        micro++;
    }
    CHECK(micro == 5);
    return accelerator_finish(f.acc);
}

/* Three batches in a window of eight, which the end of the loader closes. */
static int window_longer_than_the_loader(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(8);
    set_up(&f, &options);
    accel_loader *loader = make_batches(&f, 3);
    for (int epoch = 0; epoch < 2; epoch++) {
        int micro = 0;
        accel_for_each (batch, loader) {
            teach_twin(&f, micro, 3, 3);
            accelerator_accumulate(f.acc, f.model) {
                accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, micro, 3)));
                CHECK(batch && accelerator_sync_gradients(f.acc) == (micro == 2));
                CHECK(micro < 2 || is_that_of_the_twin(&f));
                accel_optimizer_zero_grad(f.optimizer);
            }
            micro++;
        }
    }
    return accelerator_finish(f.acc);
}

/* Windows that take no notice of loops: five batches in an epoch, steps of two. */
static int windows_across_epochs(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(2);
    options.sync_with_dataloader = false;
    set_up(&f, &options);
    accel_loader *loader = make_batches(&f, 5);
    int micro = 0;
    for (int epoch = 0; epoch < 2; epoch++)
        accel_for_each (batch, loader) {
            teach_twin(&f, micro, 3, 2);
            accelerator_accumulate(f.acc, f.model) {
                accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, micro, 3)));
                CHECK(batch && accelerator_sync_gradients(f.acc) == (micro % 2 == 1));
                CHECK(micro % 2 == 0 || is_that_of_the_twin(&f));
                accel_optimizer_zero_grad(f.optimizer);
            }
            micro++;
        }
    CHECK(micro == 10);
    return accelerator_finish(f.acc);
}

/* Rows that differ in number from process to process and from micro-batch to micro-batch. */
static int64_t count_of(int rank, int micro) { return 1 + (3 * rank + 2 * micro) % 5; }

static int64_t total_count(const fixture *f, int first, int length)
{
    int64_t total = 0;
    for (int micro = first; micro < first + length; micro++)
        for (int rank = 0; rank < f->processes; rank++)
            total += count_of(rank, micro);
    return total;
}

static void teach_twin_by_count(fixture *f, int micro, int64_t total)
{
    for (int rank = 0; rank < f->processes; rank++)
        accel_backward(accel_mul_scalar(loss_of(f->twin, rows_of(rank, micro, count_of(rank, micro))),
                                        (double)count_of(rank, micro) / (double)total));
}

static int count_items(bool each_batch)
{
    enum { STEPS = 3, WINDOWS = 2 };
    fixture f;
    accelerator_options options = options_with(STEPS);
    options.sync_each_batch = each_batch;
    set_up(&f, &options);
    for (int w = 0; w < WINDOWS; w++) {
        int64_t total = total_count(&f, w * STEPS, STEPS);
        for (int k = 0; k < STEPS; k++) {
            int micro = w * STEPS + k;
            teach_twin_by_count(&f, micro, total);
            accelerator_accumulate(f.acc, f.model) {
                int64_t own = count_of(f.rank, micro);
                accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, micro, own)), .num_items = own);
                CHECK(k < STEPS - 1 || is_that_of_the_twin(&f));
                accel_optimizer_zero_grad(f.optimizer);
            }
        }
    }
    return accelerator_finish(f.acc);
}

static int items(void *user)
{
    (void)user;
    return count_items(false);
}

static int items_in_each_batch(void *user)
{
    (void)user;
    return count_items(true);
}

/* Without accelerator_accumulate a backward pass is a step, before windows and after. */
static int items_of_lone_batches(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(2);
    set_up(&f, &options);
    for (int i = 0; i < 6; i++) {
        teach_twin_by_count(&f, i, total_count(&f, i, 1));
        accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, i, count_of(f.rank, i))),
                             .num_items = count_of(f.rank, i));
        CHECK(is_that_of_the_twin(&f));
        accel_optimizer_zero_grad(f.optimizer);
        for (int micro = 0; micro < 2 && i == 2; micro++) {
            accelerator_accumulate(f.acc, f.model) {
                accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, micro, 2)), .num_items = 2);
                accel_optimizer_zero_grad(f.optimizer);
            }
        }
    }
    return accelerator_finish(f.acc);
}

static void is_one_big_batch(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, short_windows);
        run_in(processes, window_longer_than_the_loader);
        run_in(processes, windows_across_epochs);
        run_in(processes, items);
        run_in(processes, items_in_each_batch);
        run_in(processes, items_of_lone_batches);
    }
}

/* ---- what travels ---- */

static uint64_t operations(accelerator *acc)
{
    return engine_group_issued(group_engine(facade_of(acc, "test")->group));
}

/* Operations of each micro-batch. */
static int count_operations(bool each_batch)
{
    enum { STEPS = 4 };
    fixture f;
    accelerator_options options = options_with(STEPS);
    options.sync_each_batch = each_batch;
    set_up(&f, &options);
    for (int micro = 0; micro < 3 * STEPS; micro++) {
        uint64_t before = operations(f.acc);
        bool syncs = (micro + 1) % STEPS == 0;
        accelerator_accumulate(f.acc, f.model) {
            accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, micro, 2)));
            accel_optimizer_step(f.optimizer);
            accel_optimizer_zero_grad(f.optimizer);
        }
        CHECK((operations(f.acc) > before) == (syncs || each_batch));
    }
    return accelerator_finish(f.acc);
}

static int communicates_at_steps(void *user)
{
    (void)user;
    return count_operations(false);
}

static int communicates_in_each_batch(void *user)
{
    (void)user;
    return count_operations(true);
}

static int holds_back(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(1);
    set_up(&f, &options);
    for (int micro = 0; micro < 3; micro++)
        teach_twin(&f, micro, 2, 1);
    uint64_t before = operations(f.acc);
    accelerator_no_sync(f.acc, f.model) {
        accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, 0, 2)));
        accelerator_no_sync(f.acc, f.model) {
            accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, 1, 2)));
        }
    }
    CHECK(operations(f.acc) == before);
    accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, 2, 2)));
    CHECK(operations(f.acc) > before && is_that_of_the_twin(&f));
    return accelerator_finish(f.acc);
}

static void communicates_where_it_must(void **state)
{
    (void)state;
    run_in(2, communicates_at_steps);
    run_in(2, communicates_in_each_batch);
    run_in(2, holds_back);
    run_in(3, holds_back);
}

/* ---- blocks and steps ---- */

static int steps_at_the_end_of_windows(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(2);
    set_up(&f, &options);
    accel_scheduler *scheduler = accel_scheduler_create("linear", f.optimizer, .num_training_steps = 100);
    accelerator_prepare(f.acc, scheduler);
    accel_tensor *weight = accel_module_tensor(f.model, "weight");
    for (int micro = 0; micro < 4; micro++) {
        accel_tensor *before = accel_clone(accel_detach(weight));
        double rate = accel_scheduler_last_lr(scheduler, 0);
        accelerator_accumulate(f.acc, f.model) {
            accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, micro, 2)));
            accel_optimizer_step(f.optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(f.optimizer);
        }
        bool moved = accel_item(accel_max(accel_abs(accel_sub(accel_detach(weight), before)))) > 0;
        CHECK(moved == (micro % 2 == 1));
        CHECK((accel_scheduler_last_lr(scheduler, 0) < rate) == moved);
        CHECK((accel_grad(weight) == NULL) == moved);
    }
    return accelerator_finish(f.acc);
}

/* However a block is left, the next backward pass averages. */
static int leaves_blocks(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(2);
    set_up(&f, &options);
    for (int i = 0; i < 3; i++) {
        uint64_t before = operations(f.acc);
        accelerator_no_sync(f.acc, f.model) {
            break;
        }
        accelerator_backward(f.acc, loss_of(f.model, rows_of(f.rank, i, 2)));
        CHECK(operations(f.acc) > before);
    }
    accelerator_no_sync(f.acc, f.model) {
        return accelerator_finish(f.acc);
    }
    return 1;
}

static int refuses(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(2);
    set_up(&f, &options);
    accel_module *other = accel_linear(1, 1);
    accel_try(err) {
        accelerator_accumulate(f.acc, other) {
            CHECK(!err);
        }
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_accumulate: model is not prepared");
    }
    accel_try(err) {
        CHECK(err && accelerator_set_gradient_accumulation_steps(f.acc, 0) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EINVAL, "steps must be above 0, got 0");
    }
    CHECK(accelerator_gradient_accumulation_steps(f.acc) == 2);
    return accelerator_finish(f.acc);
}

static int refuses_mixed_counts(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(2);
    set_up(&f, &options);
    accelerator_accumulate(f.acc, f.model) {
        accelerator_backward(f.acc, loss_of(f.model, rows_of(0, 0, 2)), .num_items = 2);
        accel_try(err) {
            CHECK(err &&
                  accelerator_backward(f.acc, loss_of(f.model, rows_of(0, 0, 2)), .num_items = 2) != ACCEL_OK);
            CHECK(strstr(accel_error_text(), "one loss with num_items, this is a second one") != NULL);
        }
    }
    accelerator_finish(f.acc);
    return 0;
}

/* One counts, the other does not: both hear of it. */
static int refuses_counts_of_one(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(1);
    set_up(&f, &options);
    if (accelerator_backward(f.acc, loss_of(f.model, rows_of(0, 0, 2)), .num_items = f.rank == 0 ? 2 : -1) ==
        ACCEL_OK)
        accelerator_wait_for_everyone(f.acc); /* a GPU may be at it still */
    CHECK(strstr(accel_error_text(), "process 0 calls accelerator_backward with num_items, process 1 calls "
                                     "accelerator_backward") != NULL);
    accelerator_finish(f.acc);
    return 0;
}

/* What is refused is no micro-batch. */
static int refuses_before_counting(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(2);
    set_up(&f, &options);
    for (int i = 0; i < 3; i++)
        accel_try(err) {
            accelerator_accumulate(f.acc, NULL) {
                CHECK(!err);
            }
        }
    CHECK(accelerator_sync_gradients(f.acc));
    accelerator_accumulate(f.acc, f.model) {
        CHECK(!accelerator_sync_gradients(f.acc));
    }
    return accelerator_finish(f.acc);
}

static int refuses_missing_counts(void *user)
{
    (void)user;
    fixture f;
    accelerator_options options = options_with(2);
    set_up(&f, &options);
    accelerator_accumulate(f.acc, f.model) {
        accelerator_backward(f.acc, loss_of(f.model, rows_of(0, 0, 2)), .num_items = 2);
    }
    accelerator_accumulate(f.acc, f.model) {
        accel_try(err) {
            CHECK(err && accelerator_backward(f.acc, loss_of(f.model, rows_of(0, 0, 2))) != ACCEL_OK);
            CHECK(strstr(accel_error_text(), "num_items is missing") != NULL);
        }
    }
    accelerator_finish(f.acc);
    return 0;
}

static void opens_and_closes(void **state)
{
    (void)state;
    run_in(1, steps_at_the_end_of_windows);
    run_in(2, steps_at_the_end_of_windows);
    run_in(2, leaves_blocks);
    run_in(1, refuses);
    run_in(2, refuses);
    run_in(1, refuses_mixed_counts);
    run_in(2, refuses_mixed_counts);
    run_in(1, refuses_missing_counts);
    run_in(2, refuses_counts_of_one);
    run_in(1, refuses_before_counting);
}

/* ---- the environment ---- */

static int reads_the_environment(void *user)
{
    (void)user;
    setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "3", 1);
    setenv("ACCELERATE_MIXED_PRECISION", "bf16", 1);
    accelerator *acc = accelerator_create(.gradient_accumulation_steps = 2);
    CHECK(accelerator_gradient_accumulation_steps(acc) == 3);
    CHECK(accelerator_mixed_precision(acc) == ACCEL_BF16);
    CHECK(accelerator_finish(acc) == 0);
    acc = accelerator_create(.mixed_precision = ACCEL_PRECISION_NO);
    CHECK(accelerator_mixed_precision(acc) == ACCEL_PRECISION_NO);
    CHECK(accelerator_finish(acc) == 0);
    setenv("ACCELERATE_MIXED_PRECISION", "fp8", 1);
    CHECK(!accelerator_create());
    CHECK_ERROR(ACCEL_EUNSUPPORTED, "ACCELERATE_MIXED_PRECISION must be no, fp16 or bf16, got \"fp8\"");
    accel_error_clear();
    setenv("ACCELERATE_MIXED_PRECISION", "", 1);
    setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "0", 1);
    CHECK(!accelerator_create());
    CHECK_ERROR(ACCEL_EINVAL,
                "ACCELERATE_GRADIENT_ACCUMULATION_STEPS must be a number from 1 to 1000000, got \"0\"");
    accel_error_clear();
    return 0;
}

static void obeys_the_environment(void **state)
{
    (void)state;
    run_in(1, reads_the_environment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_one_big_batch),
        cmocka_unit_test(communicates_where_it_must),
        cmocka_unit_test(opens_and_closes),
        cmocka_unit_test(obeys_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
