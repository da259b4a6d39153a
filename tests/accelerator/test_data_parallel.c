/* How gradients are averaged: each option against Accelerate's two ranks, in $ACCEL_TEST_ORACLE/data_parallel. */
#include "ranks.h"

#include <jansson.h>

#include "accelerator/facade.h"

enum { FEATURES = 24, HIDDEN = 32, OUTPUTS = 4, BRANCHES = 3 };

static const char *const branches[BRANCHES] = {"left", "right", "spare"};

/* A network of branches, of which a loss uses some. */
typedef struct fixture {
    accelerator *acc;
    accel_module *model, *trunk, *branch[BRANCHES];
    accel_optimizer *optimizer;
    accel_data_parallel_options options;
    json_t *uses; /* of the batch at hand */
    int rank;
} fixture;

static bool is_used(json_t *uses, const char *branch)
{
    for (size_t i = 0; i < json_array_size(uses); i++)
        if (strcmp(json_string_value(json_array_get(uses, i)), branch) == 0)
            return true;
    return false;
}

static accel_tensor *forward(accel_module *self, accel_tensor *x, void *user)
{
    fixture *f = user;
    accel_tensor *sum = NULL;
    (void)self;
    x = accel_tanh(accel_forward(f->trunk, x));
    for (int i = 0; i < BRANCHES; i++)
        if (is_used(f->uses, branches[i])) {
            accel_tensor *part = accel_mean(accel_square(accel_forward(f->branch[i], x)));
            sum = sum ? accel_add(sum, part) : part;
        }
    return sum;
}

static void make_model(fixture *f, accel_dict *oracle)
{
    f->model = accel_module_create(.forward = forward, .user = f);
    f->trunk = accel_module_add(f->model, "trunk", accel_linear(FEATURES, HIDDEN));
    for (int i = 0; i < BRANCHES; i++)
        f->branch[i] = accel_module_add(f->model, branches[i], accel_linear(HIDDEN, OUTPUTS));
    accel_dict *parameters = accel_module_parameters(f->model);
    for (size_t i = 0; i < accel_dict_count(parameters); i++) {
        char key[64];
        snprintf(key, sizeof key, "initial.%s", accel_dict_name(parameters, i));
        accel_no_grad()
            accel_tensor_assign(accel_dict_tensor(parameters, i), accel_get(oracle, key));
    }
    f->optimizer = accel_sgd(f->model, .lr = 0.3, .momentum = 0.5);
}

/* ---- a run of the reference's ---- */

static double number(json_t *given, const char *name, double otherwise)
{
    json_t *found = json_object_get(given, name);
    return json_is_number(found) ? json_number_value(found) : otherwise;
}

static bool flag(json_t *given, const char *name, bool otherwise)
{
    json_t *found = json_object_get(given, name);
    return found ? json_is_true(found) : otherwise;
}

static accel_comm_hook hook(json_t *given, const char *name)
{
    accel_comm_hook found = ACCEL_COMM_HOOK_NO;
    accel_comm_hook_find(json_string_value(json_object_get(given, name)), &found);
    return found;
}

static accel_power_sgd_options power_sgd_of(json_t *given)
{
    accel_power_sgd_options o = accel_power_sgd_options_default();
    o.matrix_approximation_rank = (int64_t)number(given, "matrix_approximation_rank", 1);
    o.start_power_sgd_iter = (int64_t)number(given, "start_powerSGD_iter", 1000);
    o.min_compression_rate = number(given, "min_compression_rate", 2);
    o.use_error_feedback = flag(given, "use_error_feedback", true);
    o.warm_start = flag(given, "warm_start", true);
    o.orthogonalization_epsilon = number(given, "orthogonalization_epsilon", 0);
    o.random_seed = (uint32_t)number(given, "random_seed", 0);
    o.batch_tensors_with_same_shape = flag(given, "batch_tensors_with_same_shape", false);
    return o;
}

static accel_data_parallel_options options_of(json_t *run, accel_power_sgd_options *power_sgd)
{
    json_t *given = json_object_get(run, "options"), *state = json_object_get(given, "comm_state_option");
    accel_data_parallel_options o = accel_data_parallel_options_default();
    o.bucket_cap_mb = number(given, "bucket_cap_mb", 25);
    o.find_unused_parameters = flag(given, "find_unused_parameters", false);
    o.static_graph = flag(given, "static_graph", false);
    o.gradient_as_bucket_view = flag(given, "gradient_as_bucket_view", false);
    o.comm_hook = hook(given, "comm_hook");
    o.comm_wrapper = hook(given, "comm_wrapper");
    *power_sgd = power_sgd_of(state);
    o.power_sgd = state ? power_sgd : NULL;
    return o;
}

/* Whether all elements are as expected, to `tolerance` of the largest. */
static bool is_close(const char *what, accel_tensor *got, accel_tensor *expected, double tolerance)
{
    double apart = accel_item(accel_max(accel_abs(accel_sub(accel_detach(got), beside(got, expected)))));
    double largest = accel_item(accel_max(accel_abs(expected)));
    if (apart <= tolerance * fmax(largest, 1e-6))
        return true;
    fprintf(stderr, "%s: differs by %g of %g\n", what, apart, largest);
    return false;
}

/* float32 to the last digits; half precision to its own last ones; what products of narrow matrices make of either in eight passes. */
static double tolerance_of(const accel_data_parallel_options *o)
{
    if (o->comm_hook == ACCEL_COMM_HOOK_BF16 || o->comm_wrapper == ACCEL_COMM_HOOK_BF16)
        return 1e-2;
    if (o->comm_wrapper == ACCEL_COMM_HOOK_FP16)
        return 2e-2;
    if (o->comm_hook == ACCEL_COMM_HOOK_FP16)
        return 1e-3;
    return o->comm_hook == ACCEL_COMM_HOOK_NO ? 2e-6 : 1e-4;
}

/* Whether a gradient has travelled as the options say: then it is a number of that dtype. */
static bool is_compressed(const accel_data_parallel_options *o, accel_tensor *gradient)
{
    accel_comm_hook last = o->comm_wrapper != ACCEL_COMM_HOOK_NO ? o->comm_wrapper : o->comm_hook;
    if (last != ACCEL_COMM_HOOK_FP16 && last != ACCEL_COMM_HOOK_BF16)
        return true;
    accel_tensor *half =
        accel_to_dtype(gradient, last == ACCEL_COMM_HOOK_FP16 ? ACCEL_FLOAT16 : ACCEL_BFLOAT16);
    return accel_item(accel_max(accel_abs(accel_sub(accel_to_dtype(half, ACCEL_FLOAT32), gradient)))) == 0;
}

/* The gradients of a step, or the parameters after the last one: the same ones are there, with the same values. */
static bool are_close(fixture *f, const char *prefix, accel_dict *oracle, bool of_gradients)
{
    accel_dict *parameters = accel_module_parameters(f->model);
    bool same = true;
    for (size_t i = 0; i < accel_dict_count(parameters); i++) {
        char key[96];
        snprintf(key, sizeof key, "%s.%s", prefix, accel_dict_name(parameters, i));
        accel_tensor *got = accel_dict_tensor(parameters, i);
        got = of_gradients ? accel_grad(got) : got;
        if ((got != NULL) != accel_dict_has(oracle, key)) {
            fprintf(stderr, "%s: is there, or is not\n", key);
            same = false;
        } else if (got) {
            same = is_close(key, got, accel_get(oracle, key), tolerance_of(&f->options)) && same;
            same = (!of_gradients || is_compressed(&f->options, got)) && same;
        }
    }
    return same;
}

static int train_batch(fixture *f, json_t *run, size_t index, int batch, size_t *step, accel_dict *oracle)
{
    json_t *clip = json_object_get(run, "clip");
    char prefix[32];
    f->uses = json_array_get(json_array_get(json_object_get(run, "uses"), (size_t)f->rank), (size_t)batch);
    accelerator_accumulate(f->acc, f->model) {
        accel_tensor *x = accel_select(accel_select(accel_get(oracle, "x"), 0, batch), 0, f->rank);
        CHECK(accelerator_backward(f->acc, accel_forward(f->model, near(f->acc, x))) == ACCEL_OK);
        if (accelerator_sync_gradients(f->acc)) {
            snprintf(prefix, sizeof prefix, "%zu.%zu", index, *step);
            CHECK(are_close(f, prefix, oracle, true));
            if (json_is_number(clip)) {
                double norm = accelerator_clip_grad_norm(f->acc, f->model, json_number_value(clip), 2);
                double expected = json_number_value(json_array_get(json_object_get(run, "norms"), *step));
                CHECK(fabs(norm - expected) <= 1e-5 * expected);
            }
            ++*step;
        }
        accel_optimizer_step(f->optimizer);
        accel_optimizer_zero_grad(f->optimizer);
    }
    return 0;
}

static int train(json_t *run, size_t index, accel_dict *oracle)
{
    accel_power_sgd_options power_sgd;
    fixture f = {.options = options_of(run, &power_sgd)};
    char prefix[32];
    size_t step = 0;
    f.acc =
        accelerator_create(.timeout = 60, .data_parallel = &f.options,
                           .gradient_accumulation_steps = json_integer_value(json_object_get(run, "steps")));
    f.rank = accelerator_process_index(f.acc);
    make_model(&f, oracle);
    accelerator_prepare(f.acc, f.model, f.optimizer);
    for (int batch = 0; batch < (int)accel_tensor_size(accel_get(oracle, "x"), 0); batch++)
        accel_scoped() {
            if (train_batch(&f, run, index, batch, &step, oracle) != 0) {
                char *text = json_dumps(run, JSON_COMPACT);
                fprintf(stderr, "batch %d of run %zu: %s\n", batch, index, text);
                free(text);
                return 1;
            }
        }
    snprintf(prefix, sizeof prefix, "%zu", index);
    CHECK(step > 0 && are_close(&f, prefix, oracle, false));
    return accelerator_finish(f.acc);
}

static const char *oracle_path(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/data_parallel/%s", getenv("ACCEL_TEST_ORACLE"), name);
    return path;
}

static int train_all(void *user)
{
    json_t *runs = json_load_file(oracle_path("runs.json"), 0, NULL);
    accel_dict *oracle = accel_load(oracle_path("runs.safetensors"));
    (void)user;
    CHECK(json_array_size(runs) > 110 && oracle);
    for (size_t i = 0; i < json_array_size(runs); i++)
        if (train(json_array_get(runs, i), i, oracle) != 0)
            return 1;
    accel_free(oracle);
    json_decref(runs);
    return 0;
}

static void is_the_references(void **state)
{
    (void)state;
    run_in(2, train_all);
}

/* ---- static graphs that add gradients up, which the reference fails at: those of its unused parameters ---- */

static int train_static(void *user)
{
    json_t *runs = json_load_file(oracle_path("runs.json"), 0, NULL);
    accel_dict *oracle = accel_load(oracle_path("runs.safetensors"));
    size_t seen = 0;
    (void)user;
    for (size_t i = 0; i < json_array_size(runs); i++) {
        json_t *run = json_array_get(runs, i), *options = json_object_get(run, "options");
        if (!flag(run, "fixed", false) || !flag(options, "find_unused_parameters", false) ||
            flag(options, "static_graph", false) || json_object_get(options, "comm_hook"))
            continue;
        json_object_del(options, "find_unused_parameters");
        json_object_set_new(options, "static_graph", json_true());
        CHECK(train(run, i, oracle) == 0);
        seen++;
    }
    CHECK(seen >= 12);
    accel_free(oracle);
    json_decref(runs);
    return 0;
}

static void adds_up_in_static_graphs(void **state)
{
    (void)state;
    run_in(2, train_static);
}

/* ---- what is sent ---- */

static uint64_t operations(accelerator *acc)
{
    return engine_group_issued(group_engine(facade_of(acc, "test")->group));
}

/* Operations of a pass over eight parameters, once the order of gradients is known. */
static uint64_t count_operations(double bucket_cap_mb)
{
    accel_data_parallel_options o = accel_data_parallel_options_default();
    o.bucket_cap_mb = bucket_cap_mb;
    accelerator *acc = accelerator_create(.timeout = 60, .data_parallel = &o);
    accel_module *model = accel_sequential(accel_linear(100, 100), accel_linear(100, 100),
                                           accel_linear(100, 100), accel_linear(100, 1));
    accel_tensor *row = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 100)));
    accelerator_prepare(acc, model);
    uint64_t before = 0, count = 0;
    for (int i = 0; i < 3; i++, count = operations(acc) - before) {
        before = operations(acc);
        accelerator_backward(acc, accel_sum(accel_forward(model, row)));
    }
    return accelerator_finish(acc) == 0 ? count : 0;
}

static int sends_buckets(void *user)
{
    (void)user;
    CHECK(count_operations(25) == 1);
    CHECK(count_operations(1e-9) == 8);
    CHECK(count_operations(0.05) == 2); /* a message is full with the parameter that reaches 52,428 bytes */
    return 0;
}

/* A counter of calls, which is another one in each process. */
static int leaves_buffers_alone(void *user)
{
    (void)user;
    accel_data_parallel_options o = accel_data_parallel_options_default();
    o.broadcast_buffers = false;
    accelerator *acc = accelerator_create(.timeout = 60, .data_parallel = &o);
    const int rank = accelerator_process_index(acc);
    accel_module *model = accel_linear(2, 1);
    accel_tensor *counter =
        accel_module_add_buffer(model, "counter", accel_full(rank, ACCEL_FLOAT32, ACCEL_SHAPE(1)), true);
    accelerator_prepare(acc, model);
    CHECK(accel_item(counter) == rank);
    uint64_t before = operations(acc);
    accel_forward(model, near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2))));
    CHECK(accel_item(counter) == rank && operations(acc) == before);
    return accelerator_finish(acc);
}

static void sends_what_it_must(void **state)
{
    (void)state;
    run_in(2, sends_buckets);
    run_in(2, leaves_buffers_alone);
}

/* ---- what is refused ---- */

static int is_refused(accel_data_parallel_options o, const char *text)
{
    accel_try(err) {
        CHECK(!accelerator_create(.data_parallel = &o) && err);
        CHECK_ERROR(ACCEL_EINVAL, text);
    }
    return 0;
}

static accel_tensor *never_called(accel_grad_bucket *bucket, void *user)
{
    (void)bucket, (void)user;
    return NULL;
}

static int refuses_wrong_values(void *user)
{
    const double sizes[] = {0, -1, 65537, INFINITY, (double)NAN};
    accel_data_parallel_options o = accel_data_parallel_options_default();
    (void)user;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        o.bucket_cap_mb = sizes[i];
        CHECK(is_refused(o, "accelerator_create: bucket_cap_mb must be in (0, 65536], got ") == 0);
    }
    o = accel_data_parallel_options_default();
    o.struct_size++;
    CHECK(is_refused(o, "options.struct_size is ") == 0);
    return 0;
}

static int refuses_wrong_hooks(void *user)
{
    const accel_data_parallel_options plain = accel_data_parallel_options_default();
    const accel_power_sgd_options power_sgd = accel_power_sgd_options_default();
    accel_data_parallel_options o = plain;
    (void)user;
    o.comm_hook = (accel_comm_hook)5;
    CHECK(is_refused(o, "comm_hook is of unknown kind 5") == 0);
    CHECK(!accel_comm_hook_find("fp8", &o.comm_hook) && !accel_comm_hook_find(NULL, &o.comm_hook));
    CHECK(accel_comm_hook_find("Power_SGD", &o.comm_hook) && o.comm_hook == ACCEL_COMM_HOOK_POWER_SGD);
    CHECK(!accel_comm_hook_name((accel_comm_hook)5) && !accel_comm_hook_name((accel_comm_hook)-1));
    o = plain;
    o.comm_wrapper = (accel_comm_hook)-1;
    CHECK(is_refused(o, "comm_wrapper is of unknown kind -1") == 0);
    o.comm_wrapper = ACCEL_COMM_HOOK_POWER_SGD;
    CHECK(is_refused(o, "comm_wrapper must be no, fp16 or bf16, got power_sgd") == 0);
    o.comm_wrapper = ACCEL_COMM_HOOK_FP16;
    CHECK(is_refused(o, "comm_wrapper is fp16, and there is no comm_hook in it") == 0);
    o = plain;
    o.comm_hook = ACCEL_COMM_HOOK_BF16;
    o.power_sgd = &power_sgd;
    CHECK(is_refused(o, "power_sgd is given, but comm_hook is bf16") == 0);
    o.power_sgd = NULL;
    o.comm_hook_function = never_called;
    CHECK(is_refused(o, "comm_hook is bf16, and there is a comm_hook_function") == 0);
    return 0;
}

static int power_sgd_is_refused(accel_power_sgd_options options, const char *text)
{
    accel_data_parallel_options o = accel_data_parallel_options_default();
    o.comm_hook = ACCEL_COMM_HOOK_BATCHED_POWER_SGD;
    o.power_sgd = &options;
    return is_refused(o, text);
}

static int refuses_wrong_power_sgd(void *user)
{
    const accel_power_sgd_options plain = accel_power_sgd_options_default();
    accel_power_sgd_options o = plain;
    (void)user;
    o.matrix_approximation_rank = 0;
    CHECK(power_sgd_is_refused(o, "matrix_approximation_rank must be above 0, got 0") == 0);
    o = plain;
    o.min_compression_rate = (double)NAN;
    CHECK(power_sgd_is_refused(o, "min_compression_rate must be above 0, got nan") == 0);
    o = plain;
    o.orthogonalization_epsilon = -1e-8;
    CHECK(power_sgd_is_refused(o, "orthogonalization_epsilon must not be negative, got -1e-08") == 0);
    o = plain;
    o.compression_stats_logging_frequency = 0;
    CHECK(power_sgd_is_refused(o, "compression_stats_logging_frequency must be above 0, got 0") == 0);
    o = plain;
    o.use_error_feedback = false;
    o.start_power_sgd_iter = 1;
    CHECK(power_sgd_is_refused(
              o, "start_power_sgd_iter must be at least 2 with use_error_feedback or warm_start, got 1") == 0);
    o.warm_start = false;
    o.start_power_sgd_iter = -1;
    CHECK(power_sgd_is_refused(o, "start_power_sgd_iter must be at least 0, got -1") == 0);
    return 0;
}

/* What differs in process 1, and the line that says so. */
static int differs(void (*change)(accel_data_parallel_options *o), const char *text)
{
    accel_data_parallel_options o = accel_data_parallel_options_default();
    if (strcmp(getenv("RANK"), "1") == 0)
        change(&o);
    accelerator *acc = accelerator_create(.timeout = 60, .data_parallel = &o);
    accel_try(err) {
        CHECK(accelerator_prepare(acc, accel_linear(1, 1)) != ACCEL_OK && err);
        CHECK_ERROR(ACCEL_EMISMATCH, text);
    }
    return accelerator_finish(acc);
}

static void other_size(accel_data_parallel_options *o) { o->bucket_cap_mb = 1; }
static void other_unused(accel_data_parallel_options *o) { o->find_unused_parameters = true; }
static void other_graph(accel_data_parallel_options *o) { o->static_graph = true; }
static void other_view(accel_data_parallel_options *o) { o->gradient_as_bucket_view = false; }
static void other_buffers(accel_data_parallel_options *o) { o->broadcast_buffers = false; }

static void other_hook(accel_data_parallel_options *o) { o->comm_hook = ACCEL_COMM_HOOK_FP16; }
static void other_function(accel_data_parallel_options *o) { o->comm_hook_function = never_called; }

static int power_sgd_differs(void (*change)(accel_power_sgd_options *o), const char *text)
{
    accel_power_sgd_options options = accel_power_sgd_options_default();
    accel_data_parallel_options o = accel_data_parallel_options_default();
    o.comm_hook = ACCEL_COMM_HOOK_POWER_SGD;
    o.power_sgd = &options;
    if (strcmp(getenv("RANK"), "1") == 0)
        change(&options);
    accelerator *acc = accelerator_create(.timeout = 60, .data_parallel = &o);
    accel_try(err) {
        CHECK(accelerator_prepare(acc, accel_linear(1, 1)) != ACCEL_OK && err);
        CHECK_ERROR(ACCEL_EMISMATCH, text);
    }
    return accelerator_finish(acc);
}

static void other_seed(accel_power_sgd_options *o) { o->random_seed = 4294967295; }
static void other_batches(accel_power_sgd_options *o) { o->batch_tensors_with_same_shape = true; }

static int refuses_differences(void *user)
{
    (void)user;
    CHECK(differs(other_size, "bucket_cap_mb 25") == 0);
    CHECK(differs(other_unused, "find_unused_parameters 0") == 0);
    CHECK(differs(other_graph, "static_graph 0") == 0);
    CHECK(differs(other_view, "gradient_as_bucket_view 1") == 0);
    CHECK(differs(other_buffers, "broadcast_buffers 1") == 0);
    CHECK(differs(other_hook, "process 0 has comm_hook no, process 1 has comm_hook fp16") == 0);
    CHECK(differs(other_function, "process 1 has comm_hook of the program") == 0);
    CHECK(power_sgd_differs(other_seed, "random_seed 4294967295") == 0);
    CHECK(power_sgd_differs(other_batches, "batch_tensors_with_same_shape 1") == 0);
    return 0;
}

static void refuses(void **state)
{
    (void)state;
    run_in(1, refuses_wrong_values);
    run_in(1, refuses_wrong_hooks);
    run_in(1, refuses_wrong_power_sgd);
    run_in(2, refuses_differences);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_references),
        cmocka_unit_test(adds_up_in_static_graphs),
        cmocka_unit_test(sends_what_it_must),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
