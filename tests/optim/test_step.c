/* Steps of every optimizer with every combination of options, against PyTorch's in $ACCEL_TEST_ORACLE/optim: the same bits
   as its fused kernels, within 1e-6 of the largest element of what it takes by itself. */
#include "oracle.h"

#include <jansson.h>

#include <accel/optimizer.h>

enum { STEPS = 24, GROUPS = 2 };
static const char *const names[GROUPS] = {"a", "b"};

static accel_tensor *entry(accel_dict *oracle, const char *prefix, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "%s.%s", prefix, name);
    accel_tensor *found = accel_get(oracle, key);
    expect_no_failure();
    return found;
}

static json_t *open_runs(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/optim/runs.json", getenv("ACCEL_TEST_ORACLE"));
    json_t *runs = json_load_file(path, 0, NULL);
    assert_non_null(runs);
    return runs;
}

static void read_number(json_t *given, const char *name, double *value)
{
    json_t *found = json_object_get(given, name);
    *value = json_is_number(found) ? json_number_value(found) : *value;
}

static void read_flag(json_t *given, const char *name, bool *value)
{
    json_t *found = json_object_get(given, name);
    *value = found ? json_is_true(found) : *value;
}

static accel_adam_options adam_options(json_t *given, accel_adam_options o)
{
    read_number(given, "lr", &o.lr);
    read_number(given, "beta1", &o.beta1);
    read_number(given, "beta2", &o.beta2);
    read_number(given, "eps", &o.eps);
    read_number(given, "weight_decay", &o.weight_decay);
    read_flag(given, "amsgrad", &o.amsgrad);
    read_flag(given, "maximize", &o.maximize);
    return o;
}

static accel_sgd_options sgd_options(json_t *given)
{
    accel_sgd_options o = accel_sgd_options_default();
    read_number(given, "lr", &o.lr);
    read_number(given, "momentum", &o.momentum);
    read_number(given, "dampening", &o.dampening);
    read_number(given, "weight_decay", &o.weight_decay);
    read_flag(given, "nesterov", &o.nesterov);
    read_flag(given, "maximize", &o.maximize);
    return o;
}

static accel_optimizer *make_optimizer(json_t *run)
{
    const char *name = json_string_value(json_object_get(run, "optimizer"));
    json_t *given = json_object_get(run, "options");
    accel_adam_options adam = adam_options(given, accel_adam_options_default()),
                       adamw = adam_options(given, accel_adamw_options_default());
    accel_sgd_options sgd = sgd_options(given);
    return strcmp(name, "sgd") == 0    ? accel_sgd_with(NULL, &sgd)
           : strcmp(name, "adam") == 0 ? accel_adam_with(NULL, &adam)
                                       : accel_adamw_with(NULL, &adamw);
}

/* A group of the run with one parameter, as that starts. */
static accel_tensor *add_group(accel_optimizer *optimizer, json_t *run, accel_dict *oracle, const char *name)
{
    accel_group_options options = accel_group_options_default();
    json_t *given = json_object_get(json_object_get(run, "groups"), name);
    read_number(given, "lr", &options.lr);
    read_number(given, "weight_decay", &options.weight_decay);
    accel_tensor *parameter = accel_clone(entry(oracle, "initial", name));
    accel_set_requires_grad(parameter, true);
    accel_dict *group = accel_dict_create();
    accel_dict_set(group, name, parameter);
    assert_int_equal(accel_optimizer_add_group_with(optimizer, group, &options), ACCEL_OK);
    return parameter;
}

static bool is_absent(json_t *run, const char *name, int step)
{
    json_t *steps = json_object_get(json_object_get(run, "absent"), name);
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (json_integer_value(json_array_get(steps, i)) == step)
            return true;
    return false;
}

static void compare(json_t *run, const char *prefix, const char *name, int step, accel_tensor *parameter,
                    accel_tensor *expected)
{
    char what[256], *options = json_dumps(json_object_get(run, "options"), 0);
    snprintf(what, sizeof what, "run %s: %s %s, %s, step %d", prefix,
             json_string_value(json_object_get(run, "optimizer")), options, name, step);
    free(options);
    if (json_is_true(json_object_get(run, "fused")))
        expect_same(what, parameter, expected);
    else
        expect_close(what, parameter, expected, 1e-6);
}

static void run_steps(json_t *run, accel_dict *oracle, const char *prefix)
{
    accel_optimizer *optimizer = make_optimizer(run);
    accel_tensor *parameters[GROUPS];
    for (int i = 0; i < GROUPS; i++)
        parameters[i] = add_group(optimizer, run, oracle, names[i]);
    for (int step = 1; step <= STEPS; step++)
        accel_scoped() {
            for (int i = 0; i < GROUPS; i++) {
                accel_tensor *gradient = accel_select(entry(oracle, "gradient", names[i]), 0, step - 1);
                bool absent = is_absent(run, names[i], step);
                accel_set_grad(parameters[i], absent ? NULL : accel_clone(gradient));
            }
            assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
            for (int i = 0; i < GROUPS; i++)
                compare(run, prefix, names[i], step, parameters[i],
                        accel_select(entry(oracle, prefix, names[i]), 0, step - 1));
        }
}

static void is_pytorch(void **state)
{
    (void)state;
    accel_dict *oracle = open_oracle(__func__, "optim", "runs");
    json_t *runs = open_runs();
    for (size_t i = 0; i < json_array_size(runs); i++)
        accel_scoped() {
            char prefix[24];
            snprintf(prefix, sizeof prefix, "%zu", i);
            run_steps(json_array_get(runs, i), oracle, prefix);
        }
    assert_true(json_array_size(runs) >= 150);
    json_decref(runs);
    accel_free(oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(is_pytorch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
