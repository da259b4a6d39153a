/* Optimizers that go on where PyTorch's stopped, and states for PyTorch to go on from: oracle_state.py --check. */
#include "oracle.h"

#include <unistd.h>

#include <accel/checkpoint.h>
#include <accel/optimizer.h>

enum { STEPS = 4, PARAMETERS = 4 };

static const char *const cases[] = {"adam", "adamw", "default", "sgd", "plain"};
enum { CASES = sizeof cases / sizeof cases[0] };

static accel_optimizer *make(const char *name)
{
    if (strcmp(name, "adam") == 0)
        return accel_adam(NULL, .lr = 0.01, .beta1 = 0.8, .beta2 = 0.95);
    if (strcmp(name, "adamw") == 0)
        return accel_adamw(NULL, .lr = 0.01, .weight_decay = 0.1, .amsgrad = true);
    if (strcmp(name, "default") == 0)
        return accel_adamw(NULL, .lr = 0.01);
    if (strcmp(name, "sgd") == 0)
        return accel_sgd(NULL, .lr = 0.1, .momentum = 0.9, .nesterov = true);
    return accel_sgd(NULL, .lr = 0.1, .maximize = true);
}

/* Copies of the tensors, which require gradients. */
static void take_parameters(accel_dict *from, accel_tensor *parameters[PARAMETERS])
{
    for (int i = 0; i < PARAMETERS; i++) {
        parameters[i] = accel_clone(accel_get(from, ((const char[]){(char)('0' + i), '\0'})));
        accel_set_requires_grad(parameters[i], true);
    }
}

static void add_groups(accel_optimizer *optimizer, accel_tensor *const *parameters)
{
    accel_dict *first = accel_dict_create(), *second = accel_dict_create();
    accel_dict_set(first, "0", parameters[0]);
    accel_dict_set(first, "1", parameters[1]);
    accel_dict_set(second, "2", parameters[2]);
    accel_dict_set(second, "3", parameters[3]);
    assert_int_equal(accel_optimizer_add_group(optimizer, first), ACCEL_OK);
    assert_int_equal(accel_optimizer_add_group(optimizer, second, .lr = 0.002, .weight_decay = 0.5), ACCEL_OK);
}

static void run(accel_optimizer *optimizer, accel_tensor *const *parameters, accel_dict *gradients, int first)
{
    for (int step = first; step < first + STEPS; step++) {
        for (int i = 0; i < PARAMETERS; i++) {
            char name[16];
            snprintf(name, sizeof name, "%d.%d", step, i);
            accel_set_grad(parameters[i], i == 3 && step < STEPS ? NULL : accel_get(gradients, name));
        }
        assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
    }
}

static accel_dict *open_part(const char *name, const char *part)
{
    char file[64];
    snprintf(file, sizeof file, "%s.%s", name, part);
    return open_oracle(__func__, "state", file);
}

static const char *in_state(const char *folder, const char *name, const char *ending)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/state/%s%s%s", getenv("ACCEL_TEST_ORACLE"), folder, name, ending);
    return path;
}

static void expect_end(const char *name, accel_tensor *const *parameters, double tolerance)
{
    accel_dict *end = open_part(name, "end");
    for (int i = 0; i < PARAMETERS; i++)
        expect_close(name, parameters[i], accel_get(end, ((const char[]){(char)('0' + i), '\0'})), tolerance);
}

static void goes_on_from_pytorch(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++)
        accel_scoped() {
            accel_tensor *parameters[PARAMETERS];
            accel_dict *gradients = open_oracle(__func__, "state", "gradients");
            take_parameters(open_part(cases[c], "middle"), parameters);
            accel_optimizer *optimizer = make(cases[c]);
            add_groups(optimizer, parameters);
            accel_dict *saved = accel_load(in_state("", cases[c], ".bin"));
            assert_int_equal(accel_optimizer_load_state_dict(optimizer, saved), ACCEL_OK);
            run(optimizer, parameters, gradients, STEPS);
            expect_end(cases[c], parameters, 1e-6);
        }
}

/* A state that goes through a file leads to the same bits; PyTorch takes it up, too. */
static void goes_on_from_its_own_state(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++)
        accel_scoped() {
            accel_tensor *parameters[PARAMETERS], *others[PARAMETERS];
            accel_dict *gradients = open_oracle(__func__, "state", "gradients"), *weights = accel_dict_create();
            take_parameters(open_part(cases[c], "start"), parameters);
            accel_optimizer *optimizer = make(cases[c]), *other = make(cases[c]);
            add_groups(optimizer, parameters);
            run(optimizer, parameters, gradients, 0);
            for (int i = 0; i < PARAMETERS; i++)
                accel_dict_set(weights, ((const char[]){(char)('0' + i), '\0'}), accel_detach(parameters[i]));
            take_parameters(weights, others);
            add_groups(other, others);
            assert_int_equal(
                accel_save(accel_optimizer_state_dict(optimizer), in_state("written/", cases[c], ".bin")),
                ACCEL_OK);
            assert_int_equal(accel_save(weights, in_state("written/", cases[c], ".safetensors")), ACCEL_OK);
            accel_dict *saved = accel_load(in_state("written/", cases[c], ".bin"));
            assert_int_equal(accel_optimizer_load_state_dict(other, saved), ACCEL_OK);
            run(optimizer, parameters, gradients, STEPS);
            run(other, others, gradients, STEPS);
            for (int i = 0; i < PARAMETERS; i++)
                expect_close(cases[c], others[i], parameters[i], 0);
            expect_end(cases[c], parameters, 1e-6);
        }
}

/* ---- what does not fit ---- */

/* An optimizer that stepped once, and its state. */
static accel_dict *make_state(accel_optimizer **optimizer)
{
    accel_tensor *parameters[PARAMETERS];
    take_parameters(open_part("adam", "start"), parameters);
    *optimizer = make("adam");
    add_groups(*optimizer, parameters);
    run(*optimizer, parameters, open_oracle(__func__, "state", "gradients"), 0);
    return accel_optimizer_state_dict(*optimizer);
}

static void refuse(accel_optimizer *optimizer, accel_dict *state, const char *name, accel_tensor *tensor,
                   accel_status status, const char *message)
{
    accel_tensor *before = accel_retain(accel_get(state, name));
    if (tensor)
        accel_dict_set(state, name, tensor);
    else
        accel_dict_remove(state, name);
    accel_optimizer_load_state_dict(optimizer, state);
    expect_failure(status, message);
    accel_dict_set(state, name, before);
    accel_release(before);
    assert_true(accel_optimizer_lr(optimizer, 0) == 0.01);
}

static void refuses_each_difference(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer;
        accel_dict *saved = make_state(&optimizer);
        refuse(optimizer, saved, "state.1.exp_avg_sq", NULL, ACCEL_ENOTFOUND,
               "accel_optimizer_load_state_dict: \"state.1.exp_avg_sq\" is missing");
        refuse(optimizer, saved, "state.1.step", NULL, ACCEL_ENOTFOUND,
               "accel_optimizer_load_state_dict: \"state.1.step\" is missing");
        refuse(optimizer, saved, "state.0.exp_avg", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(4, 3)),
               ACCEL_EMISMATCH,
               "accel_optimizer_load_state_dict: \"state.0.exp_avg\" has shape (4, 3), its parameter (3, 4)");
        refuse(optimizer, saved, "param_groups.0.params", accel_arange(3), ACCEL_EMISMATCH,
               "accel_optimizer_load_state_dict: group 0 has 3 parameters, the optimizer's has 2");
        refuse(optimizer, saved, "param_groups.1.lr", NULL, ACCEL_EMISMATCH,
               "accel_optimizer_load_state_dict: state has 1 groups of parameters, the optimizer 2");
        refuse(optimizer, saved, "param_groups.0.lr", accel_scalar(-1, ACCEL_FLOAT64), ACCEL_EINVAL,
               "accel_optimizer_load_state_dict: lr must not be negative, got -1");
        refuse(optimizer, saved, "param_groups.1.betas",
               accel_tensor_copy_from((double[]){0.5, 0.5}, ACCEL_FLOAT64, ACCEL_SHAPE(2)), ACCEL_EUNSUPPORTED,
               "accel_optimizer_load_state_dict: \"param_groups.1.betas\" is not that of the first group");
        refuse(optimizer, saved, "param_groups.0.betas", accel_scalar(0.5, ACCEL_FLOAT64), ACCEL_EMISMATCH,
               "accel_optimizer_load_state_dict: \"param_groups.0.betas\" has 1 elements, expected 2");
        refuse(optimizer, saved, "param_groups.0.params", accel_full(7, ACCEL_INT64, ACCEL_SHAPE(2)),
               ACCEL_EMISMATCH,
               "accel_optimizer_load_state_dict: \"param_groups.0.params\" has parameter 7 where the optimizer "
               "has 0");
        refuse(optimizer, saved, "param_groups.0.betas", NULL, ACCEL_ENOTFOUND,
               "accel_optimizer_load_state_dict: \"param_groups.0.betas\" is missing");
        refuse(optimizer, saved, "param_groups.0.eps", accel_scalar((double)NAN, ACCEL_FLOAT64),
               ACCEL_EUNSUPPORTED,
               "accel_optimizer_load_state_dict: \"param_groups.1.eps\" is not that of the first group");
        refuse(optimizer, saved, "param_groups.1.weight_decay", accel_scalar(-3, ACCEL_FLOAT64), ACCEL_EINVAL,
               "accel_optimizer_load_state_dict: weight_decay must not be negative, got -3");
        refuse(optimizer, saved, "param_groups.1.lr", accel_ones(ACCEL_FLOAT64, ACCEL_SHAPE(2)),
               ACCEL_EMISMATCH,
               "accel_optimizer_load_state_dict: \"param_groups.1.lr\" has 2 elements, expected one");
        refuse(optimizer, saved, "state.0.exp_avg", NULL, ACCEL_ENOTFOUND,
               "accel_optimizer_load_state_dict: \"state.0.exp_avg\" is missing");
        refuse(optimizer, saved, "state.0.exp_avg", accel_zeros(ACCEL_INT64, ACCEL_SHAPE(3, 4)),
               ACCEL_EMISMATCH,
               "accel_optimizer_load_state_dict: \"state.0.exp_avg\" has dtype int64, expected a floating one");
        static const double steps[] = {(double)NAN, -1, 0, 2.5};
        for (int i = 0; i < 4; i++)
            refuse(optimizer, saved, "state.0.step", accel_scalar(steps[i], ACCEL_FLOAT32), ACCEL_EINVAL,
                   "accel_optimizer_load_state_dict: \"state.0.step\" must be a whole number from 1");
        accel_optimizer *other = accel_sgd(NULL, .lr = 0.01, .momentum = 0.5);
        accel_tensor *parameters[PARAMETERS];
        take_parameters(open_part("adam", "start"), parameters);
        add_groups(other, parameters);
        accel_dict_set(saved, "param_groups.0.momentum", accel_scalar(0.5, ACCEL_FLOAT64));
        accel_optimizer_load_state_dict(other, saved);
        expect_failure(ACCEL_ENOTFOUND,
                       "accel_optimizer_load_state_dict: \"param_groups.0.dampening\" is missing");
        accel_dict_set(saved, "state.99.step", accel_scalar(1, ACCEL_FLOAT32));
        accel_optimizer_load_state_dict(optimizer, saved);
        expect_failure(
            ACCEL_EMISMATCH,
            "accel_optimizer_load_state_dict: \"state.99.step\" is not of this optimizer, which is adam");
        accel_optimizer_load_state_dict(optimizer, accel_dict_create());
        expect_failure(ACCEL_EMISMATCH,
                       "accel_optimizer_load_state_dict: state has 0 groups of parameters, the optimizer 2");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(goes_on_from_pytorch), TEST(goes_on_from_its_own_state),
                                       TEST(refuses_each_difference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
