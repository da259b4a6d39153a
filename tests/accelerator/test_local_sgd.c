/* Processes that train by themselves and take means: against Accelerate's LocalSGD, in $ACCEL_TEST_ORACLE/local_sgd. */
#include "ranks.h"

#include <jansson.h>
#include <unistd.h>

#include "accelerator/facade.h"

enum { FEATURES = 5, HIDDEN = 6, BATCHES = 7 };

/* ---- runs of the reference's ---- */

typedef struct fixture {
    accelerator *acc;
    accel_module *model, *first, *second;
    accel_optimizer *optimizer;
    int rank;
} fixture;

static accel_tensor *forward(accel_module *self, accel_tensor *x, void *user)
{
    const fixture *f = user;
    (void)self;
    return accel_forward(f->second, accel_tanh(accel_forward(f->first, x)));
}

static void set_up(fixture *f, json_t *run, accel_dict *oracle)
{
    f->acc = accelerator_create(.timeout = 60, .gradient_accumulation_steps =
                                                   json_integer_value(json_object_get(run, "steps")));
    f->rank = accelerator_process_index(f->acc);
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
    bool sgd = strcmp(json_string_value(json_object_get(run, "optimizer")), "sgd") == 0;
    f->optimizer = sgd ? accel_sgd(f->model, .lr = 0.1, .momentum = 0.9) : accel_adamw(f->model, .lr = 0.01);
    accelerator_prepare(f->acc, f->model, f->optimizer);
}

static bool are_close(fixture *f, const char *prefix, accel_dict *oracle)
{
    accel_dict *parameters = accel_module_parameters(f->model);
    for (size_t i = 0; i < accel_dict_count(parameters); i++) {
        char key[96];
        snprintf(key, sizeof key, "%s.%s", prefix, accel_dict_name(parameters, i));
        accel_tensor *own = accel_detach(accel_dict_tensor(parameters, i)),
                     *expected = beside(own, accel_get(oracle, key));
        double apart = accel_item(accel_max(accel_abs(accel_sub(own, expected))));
        if (!(apart <= 1e-6)) {
            fprintf(stderr, "%s: differs by %g\n", key, apart);
            return false;
        }
    }
    return true;
}

static int train(json_t *run, size_t index, accel_dict *oracle)
{
    fixture f;
    char prefix[48];
    set_up(&f, run, oracle);
    accelerator_local_sgd(f.acc, f.model, .local_sgd_steps = json_integer_value(json_object_get(run, "period")),
                          .enabled = json_is_true(json_object_get(run, "enabled"))) {
        for (int batch = 0; batch < BATCHES; batch++) {
            accelerator_accumulate(f.acc, f.model) {
                accel_tensor *x =
                    accel_select(accel_select(near(f.acc, accel_get(oracle, "x")), 0, f.rank), 0, batch);
                accel_tensor *y =
                    accel_select(accel_select(near(f.acc, accel_get(oracle, "y")), 0, f.rank), 0, batch);
                accelerator_backward(f.acc, accel_mse_loss(accel_forward(f.model, x), y));
                accel_optimizer_step(f.optimizer);
                accel_optimizer_zero_grad(f.optimizer);
                CHECK(accelerator_local_sgd_step(f.acc, f.model) == ACCEL_OK);
            }
            snprintf(prefix, sizeof prefix, "%zu.%d", index, batch);
            CHECK(are_close(&f, prefix, oracle));
        }
    }
    snprintf(prefix, sizeof prefix, "%zu", index);
    CHECK(are_close(&f, prefix, oracle));
    return accelerator_finish(f.acc);
}

static int train_all(void *user)
{
    char path[4096];
    (void)user;
    snprintf(path, sizeof path, "%s/local_sgd/runs.json", getenv("ACCEL_TEST_ORACLE"));
    json_t *runs = json_load_file(path, 0, NULL);
    snprintf(path, sizeof path, "%s/local_sgd/rank_%s.safetensors", getenv("ACCEL_TEST_ORACLE"),
             getenv("RANK"));
    accel_dict *oracle = accel_load(path);
    CHECK(json_array_size(runs) == 20 && oracle);
    for (size_t i = 0; i < json_array_size(runs); i++)
        CHECK(train(json_array_get(runs, i), i, oracle) == 0);
    accel_free(oracle);
    json_decref(runs);
    return 0;
}

static void is_the_references(void **state)
{
    (void)state;
    run_in(2, train_all);
}

/* ---- blocks ---- */

/* A model whose parameters are this process's number. */
static accel_module *prepare_numbers(accelerator *acc)
{
    accel_module *model = accel_module_create(.user = NULL);
    accel_module_add(model, "a", accel_linear(3, 2));
    accel_module_add_parameter(model, "wide", accel_zeros(ACCEL_FLOAT64, ACCEL_SHAPE(2, 2)));
    accel_module_add_parameter(model, "narrow", accel_zeros(ACCEL_BFLOAT16, ACCEL_SHAPE(3)));
    accel_module_add_parameter(model, "empty", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(0)));
    accel_module_add_parameter(model, "crosswise",
                               accel_transpose(accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 3)), 0, 1));
    accel_set_requires_grad(accel_module_tensor(model, "wide"), false);
    accelerator_prepare(acc, model);
    return model;
}

static void set_numbers(accelerator *acc, accel_module *model)
{
    accel_dict *parameters = accel_module_parameters(model);
    accel_tensor *number = accel_scalar(accelerator_process_index(acc), ACCEL_FLOAT32);
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        accel_no_grad()
            accel_tensor_assign(accel_dict_tensor(parameters, i), number);
}

static bool have_numbers(accel_module *model, double expected)
{
    accel_dict *parameters = accel_module_parameters(model);
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        if (accel_tensor_numel(accel_dict_tensor(parameters, i)) > 0 &&
            !all_are(accel_dict_tensor(parameters, i), expected))
            return false;
    return true;
}

static uint64_t operations(accelerator *acc)
{
    return engine_group_issued(group_engine(facade_of(acc, "test")->group));
}

static int takes_means(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    const int rank = accelerator_process_index(acc);
    const double mean = (accelerator_num_processes(acc) - 1) / 2.0;
    accel_module *model = prepare_numbers(acc);
    accelerator_local_sgd(acc, model, .local_sgd_steps = 3) {
        for (int step = 1; step <= 7; step++) {
            set_numbers(acc, model);
            uint64_t before = operations(acc);
            CHECK(accelerator_local_sgd_step(acc, model) == ACCEL_OK);
            CHECK(have_numbers(model, step % 3 == 0 ? mean : rank));
            CHECK(step % 3 == 0 || operations(acc) == before);
            before = operations(acc) - before;
            CHECK(step % 3 != 0 || before == 4); /* a frame, and a message for each dtype */
        }
        CHECK(have_numbers(model, rank));
    }
    CHECK(have_numbers(model, mean) && accel_requires_grad(accel_module_tensor(model, "a.weight")));
    return accelerator_finish(acc);
}

static int leaves_early(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = prepare_numbers(acc);
    for (int turn = 0; turn < 2; turn++) {
        accelerator_local_sgd(acc, model) {
            set_numbers(acc, model);
            break;
        }
        CHECK(have_numbers(model, 0.5));
    }
    accelerator_local_sgd(acc, model) {
        return accelerator_finish(acc);
    }
    return 1;
}

/* Outside of the block gradients are averaged again. */
static int averages_gradients_after(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = accel_linear(2, 1);
    accel_tensor *bias = accel_module_tensor(model, "bias");
    const double own = accelerator_process_index(acc) + 1;
    accelerator_prepare(acc, model);
    for (int turn = 0; turn < 3; turn++) {
        accel_set_grad(bias, NULL);
        accel_set_grad(accel_module_tensor(model, "weight"), NULL);
        accelerator_local_sgd(acc, model, .enabled = turn != 1) {
            accel_tensor *x = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
            accelerator_backward(acc, accel_mul_scalar(accel_sum(accel_forward(model, x)), own));
            CHECK(all_are(accel_grad(bias), turn == 1 ? 1.5 : own));
        }
        accel_tensor *x = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
        accelerator_backward(acc, accel_mul_scalar(accel_sum(accel_forward(model, x)), own));
        CHECK(all_are(accel_grad(bias), 3));
    }
    return accelerator_finish(acc);
}

/* Nothing to take the mean of, and nobody to take it with. */
static int changes_nothing(void *user)
{
    const int64_t *steps = user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = prepare_numbers(acc);
    accelerator_local_sgd(acc, model, .local_sgd_steps = steps ? *steps : 1, .enabled = !steps) {
        set_numbers(acc, model);
        for (int i = 0; i < 3; i++)
            CHECK(accelerator_local_sgd_step(acc, model) == ACCEL_OK);
    }
    CHECK(have_numbers(model, accelerator_process_index(acc)));
    return accelerator_finish(acc);
}

static int is_switched_off(void *user)
{
    int64_t none = 0;
    (void)user;
    return changes_nothing(&none);
}

static int outlives_its_model(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = prepare_numbers(acc);
    accelerator_local_sgd(acc, model) {
        accelerator_free_memory(acc);
    }
    accelerator_prepare(acc, model);
    accelerator_local_sgd(acc, model) {
        set_numbers(acc, model);
    }
    CHECK(have_numbers(model, 0.5));
    return accelerator_finish(acc);
}

/* What forwards compute in follows the parameters. */
static int forgets_casts(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60, .mixed_precision = ACCEL_BF16);
    accel_module *model = accel_linear(2, 1);
    accel_tensor *x = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
    accelerator_prepare(acc, model);
    accelerator_autocast(acc) {
        accelerator_local_sgd(acc, model) {
            set_numbers(acc, model);
            CHECK(all_are(accel_forward(model, x), 3 * accelerator_process_index(acc)));
        }
        CHECK(all_are(accel_forward(model, x), 1.5));
    }
    return accelerator_finish(acc);
}

static void takes_means_where_it_must(void **state)
{
    (void)state;
    run_in(2, takes_means);
    run_in(3, takes_means);
    run_in(2, leaves_early);
    run_in(2, averages_gradients_after);
    run_in(1, changes_nothing);
    run_in(2, is_switched_off);
    run_in(2, outlives_its_model);
    run_in(2, forgets_casts);
}

/* ---- what fails ---- */

static int enters(accelerator *acc, accel_module *model, int64_t steps, const char *text)
{
    accel_try(err) {
        accelerator_local_sgd(acc, model, .local_sgd_steps = steps) {
            CHECK(!err);
        }
        CHECK(accel_error_is_set() && strstr(accel_error_text(), text) != NULL);
    }
    return 0;
}

static int refuses(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = accel_linear(2, 1), *other = accel_linear(2, 1), *teacher = accel_linear(2, 1);
    accelerator_prepare(acc, model);
    accelerator_prepare_model(acc, teacher, .evaluation_mode = true);
    CHECK(enters(acc, model, 0, "accelerator_local_sgd: local_sgd_steps must be above 0, got 0") == 0);
    CHECK(enters(acc, NULL, 1, "accelerator_local_sgd: model is NULL") == 0);
    CHECK(enters(acc, other, 1, "accelerator_local_sgd: model is not prepared") == 0);
    CHECK(enters(acc, teacher, 1, "model was prepared to be evaluated") == 0);
    CHECK(enters(NULL, model, 1, "accelerator is NULL") == 0);
    accel_try(err) {
        CHECK(err && accelerator_local_sgd_step(acc, model) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EINVAL, "model is in no block of accelerator_local_sgd");
    }
    accelerator_local_sgd(acc, model) {
        CHECK(enters(acc, model, 1, "model is in such a block already") == 0);
        CHECK(accelerator_local_sgd_step(acc, model) == ACCEL_OK);
    }
    accelerator_local_sgd_end(NULL);
    if (accelerator_num_processes(acc) > 1) {
        accelerator_join_uneven_inputs(acc) {
            CHECK(enters(acc, model, 1, "no means are taken in accelerator_join_uneven_inputs") == 0);
        }
        accelerator_local_sgd(acc, model) {
            accel_try(err) {
                accelerator_join_uneven_inputs(acc) {
                    CHECK(!err);
                }
                CHECK_ERROR(ACCEL_EINVAL, "a block of accelerator_local_sgd is running");
            }
        }
    }
    return accelerator_finish(acc);
}

/* One process takes the mean after three steps, the other after two, or leaves. */
static int steps_differ(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    const int rank = accelerator_process_index(acc);
    accel_module *model = accel_linear(2, 1);
    accelerator_prepare(acc, model);
    accel_try(ended) {
        accelerator_local_sgd(acc, model, .local_sgd_steps = 2 + rank) {
            accel_try(err) {
                for (int i = 0; i < 3 && accelerator_local_sgd_step(acc, model) == ACCEL_OK; i++)
                    CHECK(err && ended);
                CHECK_ERROR(ACCEL_EMISMATCH, "step is 2 in process 0, 3 in process 1");
            }
        }
        CHECK_ERROR(ACCEL_EMISMATCH, "step is 2, the end in process 0, 3, the end in process 1");
    }
    accelerator_local_sgd(acc, model, .local_sgd_steps = 1) {
        if (rank == 0)
            break;
        accelerator_local_sgd_step(acc, model);
    }
    CHECK(strstr(accel_error_text(),
                 "process 0 calls accelerator_local_sgd, process 1 calls accelerator_local_sgd_step") != NULL);
    CHECK(accelerator_finish(acc) == 1); /* process 1 came to the end of its block with that failure */
    return 0;
}

/* The end of the block is one moment only after as many steps. */
static int ends_differ(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = accel_linear(2, 1);
    accelerator_prepare(acc, model);
    accelerator_local_sgd(acc, model, .local_sgd_steps = 8) {
        for (int i = 0; i <= accelerator_process_index(acc); i++)
            accelerator_local_sgd_step(acc, model);
    }
    CHECK_ERROR(ACCEL_EMISMATCH, "step is 1, the end in process 0, 2, the end in process 1");
    accelerator_finish(acc);
    return 0;
}

/* Who comes with a failure tells the other, at the end of the block at the latest. */
static int one_fails(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = accel_linear(2, 1);
    accelerator_prepare(acc, model);
    accelerator_local_sgd(acc, model) {
        if (accelerator_process_index(acc) == 1)
            accel_error_raise(ACCEL_EIO, "test", "no more");
    }
    CHECK(strstr(accel_error_text(), "no more") != NULL);
    accelerator_finish(acc);
    return 0;
}

static int one_dies(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = accel_linear(2, 1);
    accelerator_prepare(acc, model);
    accelerator_local_sgd(acc, model) {
        if (accelerator_process_index(acc) == 1)
            _exit(0);
        accelerator_local_sgd_step(acc, model);
    }
    CHECK_ERROR(ACCEL_EPEER, "process 1 is gone");
    accelerator_finish(acc);
    return 0;
}

static void fails_where_it_must(void **state)
{
    (void)state;
    run_in(1, refuses);
    run_in(2, refuses);
    run_in(2, steps_differ);
    run_in(2, ends_differ);
    run_in(2, one_fails);
    run_in(2, one_dies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_references),
        cmocka_unit_test(takes_means_where_it_must),
        cmocka_unit_test(fails_where_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
