/* What is where: modules, the state of optimizers, batches, and what processes get from each other. */
#include "accelerator/ranks.h"

#include <accel/device.h>

#include "optim/optimizer.h"

enum { FEATURES = 4 };

static accelerator *start(void) { return accelerator_create(.timeout = 60); }

static bool is_on(accel_tensor *tensor, accel_device device)
{
    return tensor && accel_device_is(accel_tensor_device(tensor), device);
}

static bool are_on(accel_dict *dict, accel_device device)
{
    for (size_t i = 0; i < accel_dict_count(dict); i++)
        if (!is_on(accel_dict_tensor(dict, i), device))
            return false;
    return accel_dict_count(dict) > 0;
}

static bool is_module_on(accel_module *model, accel_device device)
{
    return are_on(accel_module_parameters(model), device) && are_on(accel_module_buffers(model), device);
}

typedef struct look {
    accel_device device;
    int found, elsewhere;
} look;

static void look_at(slot *s, void *user)
{
    look *l = user;
    for (int i = 0; i < OPTIMIZER_STATES; i++)
        if (s->states[i])
            *(is_on(s->states[i], l->device) ? &l->found : &l->elsewhere) += 1;
}

static bool is_state_on(accel_optimizer *adamw, accel_device device)
{
    look l = {.device = device};
    optimizer_visit(adamw, look_at, &l);
    return l.found > 0 && l.elsewhere == 0;
}

/* ---- what is prepared ---- */

static accel_module *make_model(void)
{
    accel_set_seed(3);
    accel_module *model = accel_linear(FEATURES, 2);
    accel_module_add_buffer(model, "calls", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1)), true);
    return model;
}

static accel_loader *make_loader(accelerator *acc)
{
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x",
                   accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(4 * accelerator_num_processes(acc), FEATURES)));
    accel_dict_set(data, "y", accel_arange(4 * accelerator_num_processes(acc)));
    return accel_loader_create(accel_tensor_dataset(data), .batch_size = 2);
}

static void step(accelerator *acc, accel_module *model, accel_optimizer *adamw, accel_tensor *x)
{
    accel_tensor *loss = accel_mean(accel_square(accel_forward(model, x)));
    if (acc)
        accelerator_backward(acc, loss);
    else
        accel_backward(loss);
    accel_optimizer_step(adamw);
    accel_optimizer_zero_grad(adamw);
}

/* Everything is where `device` says, and trains there. */
static int trains_on(accelerator *acc, accel_device device, accel_module *model, accel_optimizer *adamw)
{
    accel_loader *loader = make_loader(acc);
    int batches = 0;
    CHECK(accelerator_prepare(acc, loader) == ACCEL_OK);
    CHECK(is_module_on(model, device));
    accel_for_each (batch, loader) {
        CHECK(are_on(batch, device));
        step(acc, model, adamw, accel_get(batch, "x"));
        CHECK(!accel_error_is_set() && is_module_on(model, device) && is_state_on(adamw, device));
        batches++;
    }
    CHECK(batches == 2);
    return 0;
}

/* Whichever comes first, and whatever had happened before. */
typedef enum order { TOGETHER, MODEL_FIRST, OPTIMIZER_FIRST, STEPPED_BEFORE, ORDERS } order;

static int prepares(void *user)
{
    (void)user;
    double weights[ORDERS];
    for (order o = TOGETHER; o < ORDERS; o++) {
        accelerator *acc = start();
        const accel_device device = accel_device_cuda(accelerator_local_process_index(acc));
        CHECK(accel_device_is(accelerator_device(acc), device));
        accel_module *model = make_model();
        accel_tensor *weight = accel_module_tensor(model, "weight"); /* the handle goes along */
        accel_optimizer *adamw = accel_adamw(model, .lr = 0.1);
        if (o == STEPPED_BEFORE) {
            step(NULL, model, adamw, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, FEATURES)));
            CHECK(is_state_on(adamw, accel_device_cpu()));
        }
        if (o == OPTIMIZER_FIRST)
            CHECK(accelerator_prepare(acc, adamw) == ACCEL_OK);
        if (o == MODEL_FIRST || o == OPTIMIZER_FIRST)
            CHECK(accelerator_prepare(acc, model) == ACCEL_OK);
        if (o == MODEL_FIRST)
            CHECK(accelerator_prepare(acc, adamw) == ACCEL_OK);
        if (o == TOGETHER || o == STEPPED_BEFORE)
            CHECK(accelerator_prepare(acc, model, adamw) == ACCEL_OK);
        CHECK(is_on(weight, device) && is_state_on(adamw, device));
        CHECK(trains_on(acc, device, model, adamw) == 0);
        CHECK(accel_module_tensor(model, "weight") == weight);
        weights[o] = accel_item(accel_sum(accel_detach(weight)));
        CHECK(accelerator_finish(acc) == 0);
    }
    CHECK(weights[TOGETHER] == weights[MODEL_FIRST] && weights[TOGETHER] == weights[OPTIMIZER_FIRST]);
    CHECK(weights[TOGETHER] != weights[STEPPED_BEFORE]);
    return 0;
}

/* With .cpu, and with .device_placement = false, which leaves the choice to the program. */
static int stays(void *user)
{
    (void)user;
    double weights[2];
    for (int cpu = 0; cpu < 2; cpu++) {
        accelerator *acc = accelerator_create(.cpu = cpu, .device_placement = false, .timeout = 60);
        accel_module *model = make_model();
        accel_optimizer *adamw = accel_adamw(model, .lr = 0.1);
        CHECK(accelerator_device(acc).type == (cpu ? ACCEL_CPU : ACCEL_CUDA));
        CHECK(accelerator_prepare(acc, model, adamw) == ACCEL_OK);
        CHECK(trains_on(acc, accel_device_cpu(), model, adamw) == 0);
        weights[cpu] = accel_item(accel_sum(accel_detach(accel_module_tensor(model, "weight"))));
        CHECK(accelerator_finish(acc) == 0);
    }
    CHECK(weights[0] == weights[1]);
    return 0;
}

static int is_moved_by_the_program(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.device_placement = false, .timeout = 60);
    accel_module *model = make_model();
    accel_optimizer *adamw = accel_adamw(model, .lr = 0.1);
    CHECK(accel_module_to_device(model, accelerator_device(acc)) == ACCEL_OK);
    CHECK(accelerator_prepare(acc, model, adamw) == ACCEL_OK);
    for (int i = 0; i < 2; i++)
        step(acc, model, adamw, near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, FEATURES))));
    CHECK(!accel_error_is_set() && is_module_on(model, accelerator_device(acc)) &&
          is_state_on(adamw, accelerator_device(acc)));
    return accelerator_finish(acc);
}

static void puts_everything_there(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 2; processes++) {
        run_in(processes, prepares);
        run_in(processes, stays);
        run_in(processes, is_moved_by_the_program);
    }
}

/* ---- tensors that the program makes there, and the memory that they take ---- */

static int makes_there(void *user)
{
    (void)user;
    enum { FLOATS = 1 << 20 };
    const accel_device gpu = accel_device_cuda(0);
    int64_t before = 0, after = 0, total = 0;
    CHECK(accel_device_memory(gpu, &before, &total) == ACCEL_OK && before > 0 && before <= total);
    accel_tensor *full = accel_full_on(gpu, 2.5, ACCEL_FLOAT32, ACCEL_SHAPE(FLOATS, 8));
    CHECK(is_on(full, gpu) && all_are(full, 2.5) && accel_tensor_dtype(full) == ACCEL_FLOAT32);
    CHECK(accel_device_memory(gpu, &after, &total) == ACCEL_OK);
    CHECK(before - after >= (int64_t)FLOATS * 8 * 4);
    CHECK(all_are(accel_zeros_on(gpu, ACCEL_INT64, ACCEL_SHAPE(3)), 0));
    CHECK(is_on(accel_ones_on(gpu, ACCEL_FLOAT16, NULL, 0), gpu));
    CHECK(is_on(accel_ones_on(accel_device_cpu(), ACCEL_FLOAT32, ACCEL_SHAPE(2)), accel_device_cpu()));
    CHECK(!accel_zeros_on(accel_device_cuda(64), ACCEL_FLOAT32, ACCEL_SHAPE(3)));
    CHECK_ERROR(ACCEL_EINVAL, "accel_zeros_on: device is cuda:64, and there ");
    accel_error_clear();
    CHECK(accel_device_memory(accel_device_cpu(), &after, &total) == ACCEL_EINVAL);
    CHECK_ERROR(ACCEL_EINVAL, "accel_device_memory: device is the CPU, whose memory is the system's");
    accel_error_clear();
    return 0;
}

/* A parameter over the program's memory. */
static int leaves_wrapped_memory(void *user)
{
    (void)user;
    float weights[FEATURES] = {1, 1, 1, 1};
    accelerator *acc = start();
    accel_module *model = accel_module_create();
    accel_tensor *w = accel_tensor_wrap(weights, ACCEL_FLOAT32, ACCEL_SHAPE(FEATURES));
    w = accel_module_add_parameter(model, "w", w);
    accel_module_to_device(model, accelerator_device(acc));
    accel_no_grad() {
        accel_tensor_assign(w, accel_mul_scalar(w, 2));
    }
    CHECK(all_are(accel_detach(w), 2) && weights[0] == 1);
    CHECK(accel_tensor_copy_to(w, weights, sizeof weights) == ACCEL_OK && weights[0] == 2);
    return accelerator_finish(acc);
}

static void tensors_of_the_program(void **state)
{
    (void)state;
    run_in(1, makes_there);
    run_in(1, leaves_wrapped_memory);
}

/* ---- what is not prepared, because of another ---- */

/* The processes' second modules differ. */
static int is_put_back(void *user)
{
    (void)user;
    accelerator *acc = start();
    accel_module *one = make_model(), *other = accel_linear(FEATURES, 2 + accelerator_process_index(acc));
    accel_optimizer *adamw = accel_adamw(one, .lr = 0.1);
    accel_try(err) {
        CHECK(err && accelerator_prepare(acc, one, adamw, other) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EMISMATCH, "accelerator_prepare: the model differs between processes");
    }
    CHECK(is_module_on(one, accel_device_cpu()));
    CHECK(are_on(accel_module_parameters(other), accel_device_cpu()));
    CHECK(accelerator_prepare(acc, one, adamw) == ACCEL_OK);
    CHECK(trains_on(acc, accelerator_device(acc), one, adamw) == 0);
    return accelerator_finish(acc);
}

/* The second module is larger than the memory there is; both share a parameter. */
static int is_put_back_for_want_of_memory(void *user)
{
    (void)user;
    setenv("PRETEND_GPU_BYTES", "16777216", 1);
    accelerator *acc = start();
    accel_module *one = make_model(), *other = accel_module_create(.user = NULL);
    accel_tensor *shared = accel_module_tensor(one, "weight");
    accel_module_add_parameter(other, "shared", shared);
    accel_module_add_parameter(other, "small", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
    accel_module_add_parameter(other, "large", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(5, 1 << 20)));
    accel_try(err) {
        CHECK(err && accelerator_prepare(acc, one, other) != ACCEL_OK);
        CHECK(accel_error_status() == ACCEL_ENOMEM);
    }
    CHECK(is_module_on(one, accel_device_cpu()));
    CHECK(are_on(accel_module_parameters(other), accel_device_cpu()) && accel_requires_grad(shared));
    accel_backward(accel_sum(accel_forward(one, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, FEATURES)))));
    CHECK(is_on(accel_grad(shared), accel_device_cpu()) && !accel_error_is_set());
    return accelerator_finish(acc);
}

static void puts_nothing_there_or_all(void **state)
{
    (void)state;
    run_in(2, is_put_back);
    if (!getenv("ACCEL_REAL_GPU")) /* of which nobody knows how much is free */
        run_in(1, is_put_back_for_want_of_memory);
}

/* ---- processes and GPUs ---- */

static int how_many(void)
{
    const char *real = getenv("ACCEL_REAL_GPU");
    return real ? atoi(real) : 2;
}

static int is_one_too_many(void *user)
{
    char text[128];
    (void)user;
    snprintf(text, sizeof text, "this machine has %d processes and %d GPU%s: each needs one of its own",
             how_many() + 1, how_many(), how_many() == 1 ? "" : "s");
    CHECK(!accelerator_create(.timeout = 60));
    CHECK_ERROR(ACCEL_EINVAL, text);
    accel_error_clear();
    accelerator *acc = accelerator_create(.cpu = true, .timeout = 60);
    CHECK(all_are(accelerator_reduce(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2))), how_many() + 1));
    return accelerator_finish(acc);
}

/* As srun --gpus-per-task=1 has it. */
static int sees_its_own_alone(void *user)
{
    (void)user;
    setenv("PRETEND_GPUS", "1", 1);
    setenv("CUDA_VISIBLE_DEVICES", getenv("LOCAL_RANK"), 1);
    accelerator *acc = accelerator_create(.timeout = 60);
    CHECK(accel_device_count(ACCEL_CUDA) == 1);
    CHECK(accel_device_is(accelerator_device(acc), accel_device_cuda(0)));
    accel_tensor *sum = accelerator_reduce(acc, near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2))));
    CHECK(all_are(sum, 2) && is_on(sum, accel_device_cuda(0)));
    return accelerator_finish(acc);
}

static void each_has_its_own(void **state)
{
    (void)state;
    run_in(2, sees_its_own_alone);
    assert_int_equal(accelerator_spawn(is_one_too_many, NULL, how_many() + 1), 0);
}

/* A module that is moved by hand between steps, there and back: its optimizer goes on as if it had stayed. */
static int step_on(const accel_device *places, double *weight)
{
    accelerator *acc = start();
    accel_set_seed(7);
    accel_module *model = accel_linear(FEATURES, 1);
    accel_optimizer *adamw = accel_adamw(model, .lr = 0.1);
    for (int i = 0; i < 4; i++) {
        accel_module_to_device(model, places[i]);
        accel_tensor *x = accel_to_device(accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, FEATURES)), places[i]);
        accel_backward(accel_mean(accel_forward(model, x)));
        CHECK(accel_optimizer_step(adamw) == ACCEL_OK && are_on(accel_module_parameters(model), places[i]));
        accel_optimizer_zero_grad(adamw);
    }
    *weight = accel_item(accel_sum(accel_module_tensor(model, "weight")));
    CHECK(accel_set_grad(accel_module_tensor(model, "bias"),
                         accel_to_device(accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1)), accel_device_cuda(0))) !=
          ACCEL_OK);
    CHECK_ERROR(ACCEL_EINVAL, "gradient is on cuda:0, the tensor on cpu");
    accel_error_clear();
    return accelerator_finish(acc);
}

static int follows(void *user)
{
    (void)user;
    const accel_device cpu = accel_device_cpu(), gpu = accel_device_cuda(0);
    double stayed, moved;
    CHECK(step_on((const accel_device[]){cpu, cpu, cpu, cpu}, &stayed) == 0);
    CHECK(step_on((const accel_device[]){cpu, gpu, gpu, cpu}, &moved) == 0);
    CHECK(fabs(stayed - moved) < 1e-5 && stayed != 0);
    return 0;
}

static void optimizers_follow_modules(void **state)
{
    (void)state;
    run_in(1, follows);
}

/* ---- collective calls ---- */

/* A tensor of each size, small ones travel with the call, on each device: what comes back is where it came from. */
static int comes_back(accelerator *acc, accel_device device, int64_t count)
{
    const int rank = accelerator_process_index(acc), P = accelerator_num_processes(acc);
    accel_tensor *own = accel_to_device(accel_full(rank + 1, ACCEL_FLOAT32, ACCEL_SHAPE(count)), device);
    accel_tensor *all = accelerator_gather(acc, own), *sum = accelerator_reduce(acc, own),
                 *mean = accelerator_reduce(acc, own, .reduction = "mean");
    CHECK(is_on(all, device) && accel_tensor_numel(all) == P * count);
    CHECK(accel_item(accel_sum(all)) == (double)(count * P * (P + 1) / 2));
    CHECK(is_on(sum, device) && all_are(sum, P * (P + 1) / 2.0));
    CHECK(is_on(mean, device) && all_are(mean, (P + 1) / 2.0) && all_are(own, rank + 1));
    accel_tensor *row = accel_to_device(accel_full(rank + 1, ACCEL_FLOAT32, ACCEL_SHAPE(count + rank)), device),
                 *padded = accelerator_pad_across_processes(acc, row);
    CHECK(is_on(padded, device) && accel_tensor_numel(padded) == count + P - 1);
    CHECK(accel_item(accel_sum(padded)) == (double)((count + rank) * (rank + 1)));
    CHECK(accelerator_broadcast(acc, own, P - 1) == ACCEL_OK && is_on(own, device) && all_are(own, P));
    return 0;
}

static int calls(void *user)
{
    (void)user;
    accelerator *acc = start();
    static const int64_t counts[] = {1, 3, 1000, 70000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        CHECK(comes_back(acc, accelerator_device(acc), counts[i]) == 0);
        CHECK(comes_back(acc, accel_device_cpu(), counts[i]) == 0);
    }
    accel_tensor *bytes = accelerator_gather_bytes(acc, "abc", 3, NULL);
    CHECK(is_on(bytes, accel_device_cpu()) && memcmp(accel_tensor_data(bytes), "abc", 3) == 0);
    return accelerator_finish(acc);
}

/* One process's elsewhere, the other's on its GPU. */
static int differ_in(accelerator *acc, accel_device elsewhere, int64_t count, const char *places)
{
    char text[128];
    accel_tensor *own = accel_to_device(accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(count)), elsewhere);
    if (accelerator_process_index(acc) == 1)
        own = near(acc, own);
    accel_try(err) {
        snprintf(text, sizeof text, "accelerator_gather: %s", places);
        CHECK(err && !accelerator_gather(acc, own));
        CHECK_ERROR(ACCEL_EMISMATCH, text);
    }
    accel_try(err) {
        snprintf(text, sizeof text, "accelerator_reduce: %s", places);
        CHECK(err && !accelerator_reduce(acc, own));
        CHECK_ERROR(ACCEL_EMISMATCH, text);
    }
    CHECK(all_are(accelerator_reduce(acc, near(acc, own)), 2)); /* goes on */
    return 0;
}

static int differ(void *user)
{
    (void)user;
    accelerator *acc = start();
    static const int64_t counts[] = {3, 70000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        CHECK(differ_in(acc, accel_device_cpu(), counts[i],
                        "tensor is on the CPU in process 0, on cuda:1 in process 1") == 0);
        CHECK(differ_in(acc, accel_device_cuda(1), counts[i],
                        "tensor is on cuda:1, which is not accelerator_device, in process 0, on cuda:1 in "
                        "process 1") == 0);
    }
    return accelerator_finish(acc);
}

static void gives_back_where_it_was(void **state)
{
    (void)state;
    run_in(1, calls);
    run_in(2, calls);
    run_in(2, differ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_everything_there),     cmocka_unit_test(tensors_of_the_program),
        cmocka_unit_test(puts_nothing_there_or_all), cmocka_unit_test(each_has_its_own),
        cmocka_unit_test(optimizers_follow_modules), cmocka_unit_test(gives_back_where_it_was),
    };
    return cmocka_run_group_tests_name("gpu/placement", tests, NULL, NULL);
}
