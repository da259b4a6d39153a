/* Inputs that run out in some processes first: the same weights as torch's Join gives, and all of a training state the same. */
#include "ranks.h"

#include <jansson.h>
#include <signal.h>
#include <unistd.h>

static accelerator *start(void) { return accelerator_create(.timeout = 60); }

/* ---- against the reference ---- */

static json_t *load_reference(int processes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/join/join_%d.json", getenv("ACCEL_TEST_ORACLE"), processes);
    return json_load_file(path, 0, NULL);
}

static accel_dataset *dataset_of(const json_t *rows)
{
    int64_t count = (int64_t)json_array_size(rows);
    accel_tensor *x = accel_empty(ACCEL_FLOAT32, ACCEL_SHAPE(count, 2));
    float *to = accel_tensor_data(x);
    for (int64_t i = 0; i < 2 * count; i++)
        to[i] = (float)json_real_value(json_array_get(json_array_get(rows, (size_t)i / 2), (size_t)i % 2));
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", x);
    return accel_tensor_dataset(data);
}

static accel_module *known_layer(void)
{
    const float weight[] = {0.5f, -0.25f}, bias = 0.125f;
    accel_module *layer = accel_linear(2, 1);
    accel_no_grad() {
        accel_tensor_assign(accel_module_tensor(layer, "weight"),
                            accel_tensor_copy_from(weight, ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
        accel_tensor_assign(accel_module_tensor(layer, "bias"),
                            accel_tensor_copy_from(&bias, ACCEL_FLOAT32, ACCEL_SHAPE(1)));
    }
    return layer;
}

static int expect_weights(accel_module *layer, const json_t *expected)
{
    const float *weight = data_of(accel_module_tensor(layer, "weight"));
    const float found[] = {weight[0], weight[1], (float)accel_item(accel_module_tensor(layer, "bias"))};
    for (size_t i = 0; i < 3; i++)
        CHECK(fabs((double)found[i] - json_real_value(json_array_get(expected, i))) < 1e-6);
    return 0;
}

static int equal_the_reference(void *user)
{
    (void)user;
    accelerator *acc = start();
    json_t *reference = load_reference(accelerator_num_processes(acc));
    accel_module *layer = known_layer();
    accel_optimizer *optimizer = accel_sgd(layer, .lr = 0.05);
    accel_loader *loader =
        accel_loader_create(dataset_of(json_object_get(reference, "inputs")), .batch_size = 2);
    accelerator_prepare(acc, layer, optimizer, loader);
    const json_t *weights = json_object_get(reference, "weights");
    CHECK(json_array_size(weights) == 3);
    for (size_t epoch = 0; epoch < 3; epoch++) {
        accelerator_join_uneven_inputs(acc) {
            accel_for_each (batch, loader) {
                accelerator_backward(acc,
                                     accel_square(accel_mean(accel_forward(layer, accel_get(batch, "x")))));
                accel_optimizer_step(optimizer);
                accel_optimizer_zero_grad(optimizer);
            }
        }
        CHECK(expect_weights(layer, json_array_get(weights, epoch)) == 0);
    }
    json_decref(reference);
    return accelerator_finish(acc);
}

static void equals_the_reference(void **state)
{
    (void)state;
    if (!getenv("ACCEL_TEST_ORACLE"))
        skip();
    run_in(2, equal_the_reference);
    run_in(3, equal_the_reference);
}

/* ---- a whole training state ---- */

typedef struct network {
    accel_module *first, *second;
} network;

static accel_tensor *forward(accel_module *self, accel_tensor *x, void *user)
{
    network *n = user;
    accel_tensor *mean = accel_module_tensor(self, "mean");
    accel_no_grad() {
        accel_tensor_assign(mean, accel_mean(x));
    }
    return accel_forward(n->second, accel_tanh(accel_forward(n->first, x)));
}

static accel_module *make_network(network *n)
{
    accel_module *model = accel_module_create(.forward = forward, .user = n);
    n->first = accel_module_add(model, "first", accel_linear(2, 5));
    n->second = accel_module_add(model, "second", accel_linear(5, 1));
    accel_module_add_buffer(model, "mean", accel_zeros(ACCEL_FLOAT32, NULL, 0), true);
    return model;
}

/* The last row has `spike` beside it. */
static accel_loader *numbered_to(int64_t count, int64_t batch_size, double spike)
{
    accel_tensor *x = accel_to_dtype(accel_arange(2 * count), ACCEL_FLOAT32);
    ((float *)accel_tensor_data(x))[2 * count - 1] = (float)spike;
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_reshape(accel_mul_scalar(x, 0.01), ACCEL_SHAPE(count, 2)));
    return accel_loader_create(accel_tensor_dataset(data), .batch_size = batch_size);
}

static accel_loader *numbered(int64_t count, int64_t batch_size)
{
    return numbered_to(count, batch_size, 2 * (double)count - 1);
}

static bool is_everywhere_the_same(accelerator *acc, accel_tensor *tensor)
{
    accel_tensor *first = accel_clone(accel_detach(tensor));
    accelerator_broadcast(acc, first, 0);
    return accel_item(accel_max(accel_abs(accel_sub(first, accel_detach(tensor))))) == 0;
}

static int expect_same(accelerator *acc, accel_dict *state)
{
    for (size_t i = 0; i < accel_dict_count(state); i++)
        CHECK(is_everywhere_the_same(acc, accel_dict_tensor(state, i)));
    return 0;
}

typedef struct training {
    accelerator *acc;
    network layers[2];
    accel_module *models[2];
    accel_optimizer *optimizers[2];
    accel_scheduler *scheduler;
} training;

static int make_training(training *t, accel_mixed_precision precision,
                         const accel_data_parallel_options *options)
{
    t->acc = accelerator_create(.timeout = 60, .mixed_precision = precision, .gradient_accumulation_steps = 2,
                                .data_parallel = options);
    accel_set_seed(3);
    for (int i = 0; i < 2; i++) {
        t->models[i] = make_network(&t->layers[i]);
        t->optimizers[i] = accel_adamw(t->models[i], .lr = 0.1);
    }
    t->scheduler = accel_scheduler_create("cosine", t->optimizers[0], .num_training_steps = 100);
    return accelerator_prepare(t->acc, t->models[0], t->models[1], t->optimizers[0], t->optimizers[1],
                               t->scheduler) != ACCEL_OK;
}

static void step(training *t, accel_tensor *x)
{
    accelerator_accumulate(t->acc, t->models[0], t->models[1]) {
        accel_tensor *sum = accel_add(accel_forward(t->models[0], x), accel_forward(t->models[1], x));
        accelerator_backward(t->acc, accel_mean(accel_square(sum)), .num_items = accel_tensor_size(x, 0));
        accelerator_clip_grad_norm(t->acc, t->models[0], 1, 2);
        for (int i = 0; i < 2; i++)
            accel_optimizer_step(t->optimizers[i]);
        accel_scheduler_step(t->scheduler);
        for (int i = 0; i < 2; i++)
            accel_optimizer_zero_grad(t->optimizers[i]);
    }
}

/* What an epoch with uneven inputs leaves in all processes lets them go on alike. */
static int train_apart_then_together(accel_mixed_precision precision,
                                     const accel_data_parallel_options *options)
{
    training t;
    CHECK(make_training(&t, precision, options) == 0);
    /* In half precision the last batch overflows, so that its step is skipped and the scale changes, where it is present. */
    double spike = precision == ACCEL_FP16 ? 1e9 : 21;
    int64_t rows =
        8 * accelerator_num_processes(t.acc) + 1; /* four batches for each process, and one for the first */
    accel_loader *uneven = numbered_to(rows, 2, spike),
                 *even = numbered(8 * accelerator_num_processes(t.acc), 2);
    accelerator_prepare(t.acc, uneven, even);
    for (int epoch = 0; epoch < 2; epoch++) {
        accelerator_join_uneven_inputs(t.acc) {
            accel_for_each (batch, uneven)
                step(&t, accel_get(batch, "x"));
        }
        for (int i = 0; i < 2; i++)
            CHECK(expect_same(t.acc, accel_state_dict(t.models[i])) == 0);
        CHECK(
            is_everywhere_the_same(t.acc, accel_scalar(accel_optimizer_lr(t.optimizers[0], 0), ACCEL_FLOAT64)));
        accel_for_each (batch, even)
            step(&t, accel_get(batch, "x"));
        for (int i = 0; i < 2; i++)
            CHECK(expect_same(t.acc, accel_module_parameters(t.models[i])) == 0);
    }
    return accelerator_finish(t.acc);
}

static int train_in_float32(void *user)
{
    (void)user;
    return train_apart_then_together(ACCEL_PRECISION_NO, NULL);
}

static int train_in_float16(void *user)
{
    (void)user;
    return train_apart_then_together(ACCEL_FP16, NULL);
}

static int train_with_options(void *user)
{
    (void)user;
    accel_data_parallel_options options[3];
    for (int i = 0; i < 3; i++)
        options[i] = accel_data_parallel_options_default();
    options[0].find_unused_parameters = true;
    options[1].comm_hook = ACCEL_COMM_HOOK_FP16;
    options[2].broadcast_buffers = false;
    options[2].gradient_as_bucket_view = false;
    for (int i = 0; i < 3; i++)
        CHECK(train_apart_then_together(ACCEL_PRECISION_NO, &options[i]) == 0);
    return 0;
}

static void leaves_all_processes_alike(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++)
        run_in(processes, train_in_float32);
    run_in(2, train_in_float16);
    run_in(2, train_with_options);
}

/* ---- other calls in the block ---- */

static int64_t sum_of_ranks(int present) { return present * (present + 1) / 2; }

static int call_all(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc), processes = accelerator_num_processes(acc), rounds = 0;
    int64_t samples = 2 * processes + 3, seen = 0; /* a last round of 3 samples: not for all */
    accel_loader *loader = numbered(samples, 2);
    accelerator_prepare(acc, loader);
    accelerator_join_uneven_inputs(acc) {
        accel_for_each (batch, loader) {
            int present = rounds++ == 0 ? processes : (processes > 1 ? 2 : 1);
            accel_tensor *x = accelerator_gather_for_metrics(acc, accel_get(batch, "x"));
            seen += accel_tensor_size(x, 0);
            for (int large = 0; large < 2; large++) {
                accel_tensor *mine = accel_full(rank + 1, ACCEL_INT16, ACCEL_SHAPE(large ? 5000 : 2));
                CHECK(accel_item_integer(accel_max(accelerator_reduce(acc, mine))) == sum_of_ranks(present));
                CHECK(accel_tensor_size(accelerator_gather(acc, mine), 0) ==
                      present * accel_tensor_size(mine, 0));
                accel_tensor *real = accel_full(rank + 1, ACCEL_FLOAT32, ACCEL_SHAPE(large ? 5000 : 2));
                accel_tensor *mean = accelerator_reduce(acc, real, .reduction = "mean");
                CHECK(fabs(accel_item(accel_max(mean)) - (present + 1) / 2.0) < 1e-6);
                accelerator_broadcast(acc, mine, 0);
                CHECK(accel_item_integer(accel_min(mine)) == 1);
            }
            size_t sizes[8];
            accel_tensor *bytes = accelerator_gather_bytes(acc, "abcdef", (size_t)rank + 1, sizes);
            CHECK(accel_tensor_numel(bytes) == sum_of_ranks(present));
            CHECK(sizes[0] == 1 && (processes == present || sizes[processes - 1] == 0));
            accelerator_wait_for_everyone(acc);
            if (rank == 0)
                accelerator_set_trigger(acc);
            CHECK(accelerator_check_trigger(acc));
        }
    }
    CHECK(rank > 0 || seen == samples);
    return accelerator_finish(acc);
}

static void other_calls_are_among_the_present(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 4; processes++)
        run_in(processes, call_all);
}

/* ---- what goes wrong ---- */

static int make_mistakes(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc), runs = 0;
    accel_module *layer = known_layer();
    accelerator_prepare(acc, layer);
    accelerator_join_uneven_inputs(acc) {
        accelerator_join_uneven_inputs(acc)
            runs++;
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_join_uneven_inputs: such a block is running already");
        accel_error_clear();
        accelerator_prepare(acc, numbered(4, 2));
        CHECK_ERROR(ACCEL_EINVAL, "nothing can be prepared in accelerator_join_uneven_inputs");
        accel_error_clear();
        if (rank == 0)
            break; /* leaves the block */
        accel_tensor *one = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1));
        accelerator_broadcast(acc, one, 0);
        CHECK_ERROR(ACCEL_EINVAL, "process 0 has run out of inputs, and has nothing to send");
        accel_error_clear();
        accel_tensor *wrong = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(rank));
        accelerator_gather(acc, wrong); /* of those that are present */
        CHECK_ERROR(ACCEL_EMISMATCH, "process 1 calls accelerator_gather of float32 (1,), process 2");
        accel_error_clear();
        accelerator_wait_for_everyone(acc);
    }
    CHECK(runs == 0);
    accelerator_wait_for_everyone(acc);
    CHECK(accelerator_join_begin(NULL).open == false);
    accel_error_clear();
    return accelerator_finish(acc);
}

static int fail_alone(void *user)
{
    (void)user;
    accelerator *acc = start();
    bool fails = accelerator_process_index(acc) == 1;
    accelerator_join_uneven_inputs(acc) {
        if (fails)
            accel_error_raise(ACCEL_EIO, "fail_alone", "the disk is full");
    }
    if (fails)
        CHECK_ERROR(ACCEL_EIO, "the disk is full");
    accelerator_finish(acc);
    return !fails;
}

static int die_alone(void *user)
{
    (void)user;
    accelerator *acc = start();
    accelerator_join_uneven_inputs(acc) {
        if (accelerator_process_index(acc) == 1)
            raise(SIGKILL);
    }
    CHECK_ERROR(ACCEL_EPEER, "process 1 is gone");
    accelerator_finish(acc);
    return 1;
}

static void mistakes_are_told(void **state)
{
    (void)state;
    run_in(3, make_mistakes);
    assert_int_equal(accelerator_spawn(fail_alone, NULL, 2), 1);
    assert_int_equal(accelerator_spawn(die_alone, NULL, 2), 128 + SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_reference),
        cmocka_unit_test(leaves_all_processes_alike),
        cmocka_unit_test(other_calls_are_among_the_present),
        cmocka_unit_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
