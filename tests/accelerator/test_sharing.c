/* A model that processes train together: the same parameters, averaged gradients, and what is refused. */
#include "ranks.h"

enum { ROWS = 4, FEATURES = 6 };

typedef struct network {
    accel_module *first, *second, *spare; /* spare: takes part in no forward */
} network;

static accel_tensor *forward(accel_module *self, accel_tensor *x, void *user)
{
    network *n = user;
    x = accel_relu(accel_forward(n->first, x));
    accel_tensor *counter = accel_module_tensor(self, "calls");
    accel_no_grad() {
        accel_tensor_assign(counter, accel_add_scalar(counter, 1));
    }
    return accel_forward(n->second, x);
}

static accel_module *make_network(network *n, int64_t hidden, bool spare)
{
    accel_module *model = accel_module_create(.forward = forward, .user = n);
    n->first = accel_module_add(model, "first", accel_linear(FEATURES, hidden));
    n->second = accel_module_add(model, "second", accel_linear(hidden, 1));
    if (spare)
        n->spare = accel_module_add(model, "spare", accel_linear(2, 2));
    accel_module_add_buffer(model, "calls", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1)), true);
    return model;
}

/* Rows that differ from process to process. */
static accel_tensor *rows_of(int rank)
{
    accel_generator *g = accel_generator_create((uint64_t)rank + 100);
    return accel_randn(g, ACCEL_SHAPE(ROWS, FEATURES));
}

static accel_tensor *loss_of(accel_module *model, accel_tensor *rows)
{
    return accel_mean(accel_square(accel_forward(model, beside(accel_module_tensor(model, "calls"), rows))));
}

/* Largest absolute difference. */
static double apart(accel_tensor *a, accel_tensor *b)
{
    return accel_item(accel_max(accel_abs(accel_sub(a, b))));
}

static bool is_everywhere_the_same(accelerator *acc, accel_tensor *tensor)
{
    accel_tensor *first = accel_clone(accel_detach(tensor));
    accelerator_broadcast(acc, first, 0);
    return apart(first, accel_detach(tensor)) == 0;
}

static int average(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int P = accelerator_num_processes(acc), rank = accelerator_process_index(acc);
    accel_set_seed((uint64_t)rank + 1); /* every process begins with other parameters */
    network n, twin_of_n;
    accel_module *model = make_network(&n, 5, false);
    accelerator_prepare(acc, model);
    accel_module *twin = make_network(&twin_of_n, 5, false); /* trained alone, on everybody's rows */
    accel_load_state_dict(twin, accel_state_dict(model));
    accel_module_to_device(twin, accelerator_device(acc));
    accel_tensor *all = accelerator_gather(acc, near(acc, rows_of(rank)));
    for (int step = 1; step <= 3; step++) { /* gradients add up */
        accelerator_backward(acc, loss_of(model, rows_of(rank)));
        accel_backward(loss_of(twin, all));
        accel_dict *ours = accel_module_parameters(model), *theirs = accel_module_parameters(twin);
        for (size_t i = 0; i < accel_dict_count(ours); i++) {
            accel_tensor *gradient = accel_grad(accel_dict_tensor(ours, i));
            CHECK(apart(gradient, accel_grad(accel_dict_tensor(theirs, i))) <= 1e-6);
            CHECK(is_everywhere_the_same(acc, accel_dict_tensor(ours, i)));
            CHECK(is_everywhere_the_same(acc, gradient));
        }
    }
    CHECK(P > 1 && accelerator_unwrap_model(acc, model) == model);
    return accelerator_finish(acc);
}

static int train(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc);
    network n;
    accel_module *model = make_network(&n, 5, false);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 1e-2);
    accelerator_prepare(acc, optimizer, model);
    double first = 0, last = 0;
    for (int step = 0; step < 50; step++)
        accel_scoped() {
            accel_tensor *loss = loss_of(model, rows_of(rank));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_optimizer_zero_grad(optimizer);
            last = accel_item(accelerator_reduce(acc, loss, .reduction = "mean"));
            first = step == 0 ? last : first;
        }
    CHECK(last < first / 2);
    accel_dict *parameters = accel_module_parameters(model);
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        CHECK(is_everywhere_the_same(acc, accel_dict_tensor(parameters, i)));
    return accelerator_finish(acc);
}

/* The buffers of process 0 are everybody's before each forward that trains; others are each process's own affair. */
static int share_buffers(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc);
    network n;
    accel_module *model = make_network(&n, 3, false);
    accel_tensor *calls = accel_module_tensor(model, "calls");
    accel_tensor_assign(calls, accel_full(100 * rank + 10, ACCEL_FLOAT32, ACCEL_SHAPE(1)));
    accelerator_prepare(acc, model);
    CHECK(all_are(calls, 10));
    for (int step = 1; step <= 2; step++) {
        accel_tensor_assign(calls, accel_full(rank + 20, ACCEL_FLOAT32, ACCEL_SHAPE(1)));
        accelerator_backward(acc, loss_of(model, rows_of(rank)));
        CHECK(all_are(calls, 21));
    }
    accel_tensor_assign(calls, accel_full(rank + 30, ACCEL_FLOAT32, ACCEL_SHAPE(1)));
    accel_no_grad() {
        accel_eval(model);
        for (int i = 0; i < 1 + rank; i++)
            loss_of(model, rows_of(rank));
        CHECK(all_are(calls, 31 + 2 * rank));
    }
    return accelerator_finish(acc);
}

static void averages_gradients(void **state)
{
    (void)state;
    run_in(2, average);
    run_in(3, average);
    run_in(2, train);
    run_in(2, share_buffers);
}

/* ---- what is refused ---- */

static int leave_a_parameter_out(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    network n;
    accel_module *model = make_network(&n, 3, true);
    accelerator_prepare(acc, model);
    accelerator_backward(acc, loss_of(model, rows_of(0)));
    accel_try(err) { /* this process's own, or the other's that came first */
        CHECK(!accel_forward(model, near(acc, rows_of(0))) && err);
        CHECK(strstr(accel_error_text(), "without a gradient: spare.weight, spare.bias") != NULL);
    }
    accel_try(err) {
        CHECK(accelerator_wait_for_everyone(acc) != ACCEL_OK && err);
    }
    accelerator_finish(acc); /* says so, too */
    return 0;
}

static int prepare_other_models(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc);
    network n;
    accel_module *model = make_network(&n, 3 + rank, false);
    accel_try(err) {
        CHECK(accelerator_prepare(acc, model) != ACCEL_OK && err);
        CHECK_ERROR(ACCEL_EMISMATCH,
                    "the model differs between processes: process 0 has \"first.weight\" float32 "
                    "(3, 6), process 1 has \"first.weight\" float32 (4, 6)");
    }
    accel_module *same = make_network(&n, 3, false); /* nothing was prepared */
    CHECK(accelerator_prepare(acc, same) == ACCEL_OK);
    return accelerator_finish(acc);
}

static int prepare_other_things(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc);
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(8 + rank, 2)));
    accel_loader *loader = accel_loader_create(accel_tensor_dataset(tensors));
    accel_try(err) {
        CHECK(accelerator_prepare(acc, loader) != ACCEL_OK && err);
        CHECK_ERROR(ACCEL_EMISMATCH,
                    "what is prepared differs between processes: process 0 has a loader of 8 samples in "
                    "batches of 1 as argument 1, process 1 has a loader of 9 samples in batches of 1");
    }
    return accelerator_finish(acc);
}

static int prepare_a_part_twice(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    network n;
    accel_module *model = make_network(&n, 3, false);
    accel_try(err) {
        CHECK(accelerator_prepare(acc, model, n.first) != ACCEL_OK && err);
        CHECK_ERROR(ACCEL_EINVAL, "parameter \"weight\" belongs to two modules that are prepared");
    }
    CHECK(accelerator_prepare(acc, model) == ACCEL_OK);
    accel_try(err) {
        CHECK(accelerator_prepare(acc, n.second) != ACCEL_OK && err);
        CHECK_ERROR(ACCEL_EINVAL, "parameter \"weight\" belongs to two modules that are prepared");
    }
    return accelerator_finish(acc);
}

/* Two models of one shape, in another order: neither hang nor averages of different things. */
static int mix_models_up(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 6);
    int rank = accelerator_process_index(acc);
    network a, b;
    accel_module *models[] = {make_network(&a, 3, false), make_network(&b, 3, false)};
    accelerator_prepare(acc, models[0], models[1]);
    CHECK(accelerator_backward(acc, loss_of(models[rank], rows_of(0))) != ACCEL_OK);
    accelerator_finish(acc);
    return 0;
}

static void refuses_what_differs(void **state)
{
    (void)state;
    run_in(2, leave_a_parameter_out);
    run_in(2, prepare_other_models);
    run_in(2, prepare_other_things);
    run_in(2, prepare_a_part_twice);
    run_in(2, mix_models_up);
}

/* ---- loaders ---- */

/* Every sample once, whatever its number, in each way of sharing. */
static int gather_for_metrics(bool split)
{
    accelerator *acc = accelerator_create(.timeout = 60, .split_batches = split);
    int P = accelerator_num_processes(acc);
    accel_set_seed(7 + (uint64_t)accelerator_process_index(acc)); /* the order is process 0's all the same */
    for (int64_t samples = 1; samples <= 26; samples += 5) {
        accel_dict *tensors = accel_dict_create();
        accel_dict_set(tensors, "x", accel_arange(samples));
        accel_loader *loader = accel_loader_create(accel_tensor_dataset(tensors),
                                                   .batch_size = split ? 2 * P : 2, .shuffle = true);
        accelerator_prepare(acc, loader);
        CHECK(accel_loader_length(loader) == (samples + 2 * P - 1) / (2 * P));
        int64_t seen = 0, sum = 0;
        accel_for_each (batch, loader) {
            accel_tensor *all = accelerator_gather_for_metrics(acc, accel_get(batch, "x"));
            CHECK(P == 1 || accel_tensor_size(accel_get(batch, "x"), 0) == 2);
            seen += accel_tensor_size(all, 0);
            sum += accel_item_integer(accel_sum(all));
        }
        CHECK(seen == samples && sum == samples * (samples - 1) / 2);
    }
    return accelerator_finish(acc);
}

static int gather_whole(void *user) { return gather_for_metrics(user); }
static int gather_split(void *user) { return gather_for_metrics(!user); }

/* A schedule steps once for each process, once alone where batches are split. */
static int step_schedules(void *user)
{
    for (int split = 0; split < 2; split++) {
        accelerator *acc = accelerator_create(.timeout = 60, .split_batches = split);
        accel_module *model = accel_linear(2, 2);
        accel_optimizer *optimizer = accel_adamw(model, .lr = 1);
        accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = 10);
        accelerator_prepare(acc, model, optimizer, scheduler);
        accel_scheduler_step(scheduler);
        CHECK(fabs(accel_scheduler_last_lr(scheduler, 0) -
                   (split ? 0.9 : 1 - 0.1 * accelerator_num_processes(acc))) < 1e-12);
        CHECK(!user && accelerator_finish(acc) == 0);
    }
    return 0;
}

/* Patience counts evaluations, however many processes there are. */
static int follow_metrics(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = accel_linear(2, 2);
    accel_optimizer *optimizer = accel_sgd(model, .lr = 1, .momentum = 0.9);
    accel_scheduler *scheduler =
        accel_scheduler_create("reduce_lr_on_plateau", optimizer, .patience = 1, .factor = 0.5);
    accelerator_prepare(acc, model, optimizer, scheduler);
    static const double metrics[] = {5, 4, 3, 3, 2, 2, 2, 2}, lrs[] = {1, 1, 1, 1, 1, 1, 0.5, 0.5};
    for (int i = 0; i < 8; i++) {
        accel_scheduler_step_with_metric(scheduler, metrics[i]);
        CHECK(accel_scheduler_last_lr(scheduler, 0) == lrs[i]);
    }
    return accelerator_finish(acc);
}

static void shares_loaders_and_schedules(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, gather_whole);
        run_in(processes, gather_split);
        run_in(processes, step_schedules);
        run_in(processes, follow_metrics);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_gradients),
        cmocka_unit_test(refuses_what_differs),
        cmocka_unit_test(shares_loaders_and_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
