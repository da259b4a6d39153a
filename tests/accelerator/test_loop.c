/* Whole training loops against Accelerate's and PyTorch's in $ACCEL_TEST_ORACLE/training: accumulation, bfloat16, float16 with a
   scaler, clipping. What decides is compared exactly: which steps were skipped, scales, learning rates. */
#include "oracle.h"

#include <jansson.h>

#include <accel/accel.h>

enum { BATCHES = 12, HIDDEN = 5, FEATURES = 6 };

typedef struct fixture {
    accelerator *acc;
    accel_module *model, *first, *second;
    accel_optimizer *optimizer;
    accel_scheduler *scheduler;
    json_t *run;
    size_t steps; /* taken so far */
} fixture;

static accel_tensor *forward(accel_module *self, accel_tensor *x, void *user)
{
    fixture *f = user;
    (void)self;
    return accel_forward(f->second, accel_relu(accel_forward(f->first, x)));
}

static double number(json_t *object, const char *name, double otherwise)
{
    json_t *found = json_object_get(object, name);
    return json_is_number(found) ? json_number_value(found) : otherwise;
}

static double number_at(json_t *run, const char *list, size_t index)
{
    json_t *item = json_array_get(json_object_get(run, list), index);
    return json_is_string(item) ? strtod(json_string_value(item), NULL) : json_number_value(item);
}

static accel_mixed_precision precision_of(json_t *run)
{
    accel_mixed_precision precision = ACCEL_PRECISION_UNSET;
    assert_true(accel_mixed_precision_find(json_string_value(json_object_get(run, "precision")), &precision));
    return precision;
}

static accel_grad_scaler_options scaler_of(json_t *run)
{
    json_t *given = json_object_get(run, "scaler");
    accel_grad_scaler_options o = accel_grad_scaler_options_default();
    o.init_scale = number(given, "init_scale", o.init_scale);
    o.growth_factor = number(given, "growth_factor", o.growth_factor);
    o.backoff_factor = number(given, "backoff_factor", o.backoff_factor);
    o.growth_interval = (int)number(given, "growth_interval", o.growth_interval);
    o.enabled = !json_is_false(json_object_get(given, "enabled"));
    return o;
}

static void set_up(fixture *f, json_t *run, accel_dict *oracle)
{
    accel_grad_scaler_options scaler = scaler_of(run);
    f->run = run;
    f->acc = accelerator_create(.mixed_precision = precision_of(run), .grad_scaler = &scaler,
                                .gradient_accumulation_steps = (int64_t)number(run, "steps", 1));
    f->model = accel_module_create(.forward = forward, .user = f);
    f->first = accel_module_add(f->model, "0", accel_linear(FEATURES, HIDDEN));
    f->second = accel_module_add(f->model, "2", accel_linear(HIDDEN, 1));
    accel_dict *parameters = accel_module_parameters(f->model);
    for (size_t i = 0; i < accel_dict_count(parameters); i++) {
        char key[64];
        snprintf(key, sizeof key, "initial.%s", accel_dict_name(parameters, i));
        accel_no_grad()
            accel_tensor_assign(accel_dict_tensor(parameters, i), accel_get(oracle, key));
    }
    f->optimizer = accel_sgd(f->model, .lr = 0.05, .momentum = 0.9);
    f->scheduler = accel_scheduler_create("linear", f->optimizer, .num_training_steps = BATCHES);
    accelerator_prepare(f->acc, f->model, f->optimizer, f->scheduler);
    expect_no_failure();
}

/* -1 where no norm was asked for. */
static double clip(fixture *f)
{
    json_t *how = json_object_get(f->run, "clip"), *type = json_object_get(how, "type");
    if (json_object_get(how, "value"))
        accelerator_clip_grad_value(f->acc, f->model, number(how, "value", 0));
    if (!type)
        return -1;
    return accelerator_clip_grad_norm(f->acc, f->model, number(how, "norm", 0),
                                      json_is_string(type) ? INFINITY : json_number_value(type));
}

static void expect_near(const char *what, double got, double expected, double tolerance)
{
    bool same = isnan(got) ? isnan(expected) : got == expected;
    if (!same && !(fabs(got - expected) <= tolerance * fmax(fabs(expected), 1e-3)))
        fail_msg("%s: %.9g, expected %.9g", what, got, expected);
}

static void train_batch(fixture *f, const char *name, size_t batch, accel_tensor *x, accel_tensor *y,
                        double tolerance)
{
    const accel_device device = accelerator_device(f->acc);
    accelerator_accumulate(f->acc, f->model) {
        accel_tensor *loss =
            accel_mse_loss(accel_forward(f->model, accel_to_device(x, device)), accel_to_device(y, device));
        accelerator_backward(f->acc, loss);
        expect_near(name, accel_item(loss), number_at(f->run, "losses", batch), tolerance);
        bool syncs = accelerator_sync_gradients(f->acc);
        double norm = syncs ? clip(f) : -1;
        accel_optimizer_step(f->optimizer);
        accel_scheduler_step(f->scheduler);
        accel_optimizer_zero_grad(f->optimizer);
        expect_no_failure();
        assert_int_equal(syncs, (batch + 1) % (size_t)number(f->run, "steps", 1) == 0);
        if (syncs) {
            expect_near(name, norm, number_at(f->run, "norms", f->steps), tolerance);
            json_t *skipped = json_array_get(json_object_get(f->run, "skipped"), f->steps++);
            if (accelerator_optimizer_step_was_skipped(f->acc) != json_is_true(skipped))
                fail_msg("%s: step %zu is skipped, or is not", name, f->steps);
        }
    }
    assert_true(accel_scheduler_last_lr(f->scheduler, 0) == number_at(f->run, "rates", batch));
}

static void compare_parameters(fixture *f, size_t index, accel_dict *oracle, const char *name, double tolerance)
{
    accel_dict *parameters = accel_module_parameters(f->model);
    for (size_t i = 0; i < accel_dict_count(parameters); i++) {
        char key[64], what[640];
        snprintf(key, sizeof key, "%zu.%s", index, accel_dict_name(parameters, i));
        snprintf(what, sizeof what, "%s, %s", name, key);
        expect_close(what, accel_dict_tensor(parameters, i), accel_get(oracle, key), tolerance);
    }
}

/* float32 to the last digits; half precision to what its own last digit moves in twelve steps. */
static double tolerance_of(accel_mixed_precision precision)
{
    return precision == ACCEL_PRECISION_NO ? 1e-6 : 1e-3;
}

static void run_loop(json_t *run, size_t index, accel_dict *oracle)
{
    fixture f = {0};
    char name[512], *how = json_dumps(json_object_get(run, "clip"), JSON_ENCODE_ANY);
    snprintf(name, sizeof name, "run %zu, %s, %g steps, %s", index,
             json_string_value(json_object_get(run, "precision")), number(run, "steps", 1), how);
    free(how);
    set_up(&f, run, oracle);
    double tolerance = tolerance_of(accelerator_mixed_precision(f.acc));
    for (size_t batch = 0; batch < BATCHES; batch++)
        accel_scoped()
            train_batch(&f, name, batch, accel_select(accel_get(oracle, "x"), 0, (int64_t)batch),
                        accel_select(accel_get(oracle, "y"), 0, (int64_t)batch), tolerance);
    compare_parameters(&f, index, oracle, name, tolerance);
    assert_int_equal(accelerator_finish(f.acc), 0);
}

static void is_the_reference(void **state)
{
    (void)state;
    char path[4096];
    accel_dict *oracle = accel_keep(open_oracle(__func__, "training", "runs"));
    snprintf(path, sizeof path, "%s/training/runs.json", getenv("ACCEL_TEST_ORACLE"));
    json_t *runs = json_load_file(path, 0, NULL);
    assert_int_equal(json_array_size(runs), 72);
    for (size_t i = 0; i < json_array_size(runs); i++)
        run_loop(json_array_get(runs, i), i, oracle);
    json_decref(runs);
    accel_free(oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(is_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
