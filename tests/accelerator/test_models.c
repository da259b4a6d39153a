/* Models that are only evaluated, and what a prepared model is seen from outside as. */
#include "ranks.h"

#include "accelerator/facade.h"
#include "comm/group.h"

static uint64_t operations(accelerator *acc)
{
    return engine_group_issued(group_engine(facade_of(acc, "test")->group));
}

/* ---- evaluation ---- */

/* Each process keeps its own parameters and gradients, and nobody waits for anybody. */
static int stays_alone(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc);
    accel_set_seed((uint64_t)rank);
    accel_module *teacher = accel_linear(3, 2);
    accel_tensor *own = accel_clone(accel_detach(accel_module_tensor(teacher, "weight")));
    CHECK(accelerator_prepare_model(acc, teacher, .evaluation_mode = true) == ACCEL_OK);
    accel_tensor *kept = accel_detach(accel_module_tensor(teacher, "weight"));
    CHECK(accel_item(accel_max(accel_abs(accel_sub(kept, near(acc, own))))) == 0);
    uint64_t before = operations(acc);
    if (rank == 0)
        accel_backward(
            accel_sum(accel_forward(teacher, near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 3))))));
    CHECK(operations(acc) == before);
    CHECK((accel_grad(accel_module_tensor(teacher, "weight")) != NULL) == (rank == 0));
    return accelerator_finish(acc);
}

/* The student is trained on what the teacher says, in mixed precision both. */
static int teaches(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.mixed_precision = ACCEL_BF16, .timeout = 60);
    accel_set_seed(7);
    accel_module *teacher = accel_linear(3, 2), *student = accel_linear(3, 2);
    accel_optimizer *optimizer = accel_sgd(student, .lr = 0.1);
    CHECK(accelerator_prepare_model(acc, teacher, .evaluation_mode = true) == ACCEL_OK);
    CHECK(accelerator_prepare_model(acc, student) == ACCEL_OK &&
          accelerator_prepare(acc, optimizer) == ACCEL_OK);
    double first = 0, last = 0;
    for (int step = 0; step < 20; step++)
        accel_scoped() {
            accel_tensor *x = near(acc, accel_randn(NULL, ACCEL_SHAPE(8, 3))), *target = NULL;
            accel_no_grad() {
                target = accel_forward(teacher, x);
            }
            CHECK(accel_tensor_dtype(target) == ACCEL_FLOAT32);
            accel_tensor *loss = accel_mse_loss(accel_forward(student, x), target);
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_optimizer_zero_grad(optimizer);
            last = accel_item(loss);
            first = step == 0 ? last : first;
        }
    CHECK(last < first / 2 && !accel_grad(accel_module_tensor(teacher, "weight")));
    return accelerator_finish(acc);
}

static int are_prepared_alike(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = accel_linear(3, 2);
    accel_try(err) {
        CHECK(err && accelerator_prepare_model(
                         acc, model, .evaluation_mode = accelerator_process_index(acc) == 1) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EMISMATCH, "a module to evaluate as argument 1");
    }
    CHECK(accelerator_prepare_model(acc, model, .evaluation_mode = true) == ACCEL_OK);
    accel_try(err) {
        CHECK(err && accelerator_prepare(acc, model) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EINVAL, "a module, is prepared already");
    }
    return accelerator_finish(acc);
}

/* The options of an accelerator, where one option of process 1 is another. */
typedef struct difference {
    void (*set)(accelerator_options *o, accel_grad_scaler_options *scaling);
    const char *expected;
} difference;

static void set_steps(accelerator_options *o, accel_grad_scaler_options *scaling)
{
    (void)scaling;
    o->gradient_accumulation_steps = 3;
}

static void set_precision(accelerator_options *o, accel_grad_scaler_options *scaling)
{
    (void)scaling;
    o->mixed_precision = ACCEL_BF16;
}

static void set_schedulers(accelerator_options *o, accel_grad_scaler_options *scaling)
{
    (void)scaling;
    o->step_scheduler_with_optimizer = false;
}

static void set_init_scale(accelerator_options *o, accel_grad_scaler_options *scaling)
{
    (void)o;
    scaling->init_scale = 1024;
}

static void set_growth_factor(accelerator_options *o, accel_grad_scaler_options *scaling)
{
    (void)o;
    scaling->growth_factor = 3;
}

static void set_backoff_factor(accelerator_options *o, accel_grad_scaler_options *scaling)
{
    (void)o;
    scaling->backoff_factor = 0.25;
}

static void set_growth_interval(accelerator_options *o, accel_grad_scaler_options *scaling)
{
    (void)o;
    scaling->growth_interval = 7;
}

static void set_enabled(accelerator_options *o, accel_grad_scaler_options *scaling)
{
    (void)o;
    scaling->enabled = false;
}

static const difference differences[] = {
    {set_steps, "process 0 has gradient_accumulation_steps 1, process 1 has gradient_accumulation_steps 3"},
    {set_precision, "process 0 has mixed_precision fp16, process 1 has mixed_precision bf16"},
    {set_schedulers, "process 0 has step_scheduler_with_optimizer 1, process 1 has "
                     "step_scheduler_with_optimizer 0"},
    {set_init_scale, "process 0 has grad_scaler.init_scale 65536, process 1 has grad_scaler.init_scale 1024"},
    {set_growth_factor, "process 0 has grad_scaler.growth_factor 2, process 1 has grad_scaler.growth_factor 3"},
    {set_backoff_factor, "process 0 has grad_scaler.backoff_factor 0.5, process 1 has "
                         "grad_scaler.backoff_factor 0.25"},
    {set_growth_interval, "process 0 has grad_scaler.growth_interval 2000, process 1 has "
                          "grad_scaler.growth_interval 7"},
    {set_enabled, "process 0 has grad_scaler.enabled 1, process 1 has grad_scaler.enabled 0"},
};

/* The record is cleared before this process finishes: it would reach one that has not heard of the difference yet. */
static int options_are_alike(void *user)
{
    (void)user;
    const bool second = getenv("RANK") && strcmp(getenv("RANK"), "1") == 0;
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        accel_grad_scaler_options scaling = accel_grad_scaler_options_default();
        accelerator_options options = accelerator_options_default();
        options.timeout = 60;
        options.mixed_precision = ACCEL_FP16;
        options.grad_scaler = &scaling;
        if (second)
            differences[i].set(&options, &scaling);
        accelerator *acc = accelerator_create_with(&options);
        CHECK(accelerator_prepare(acc, accel_linear(1, 1)) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EMISMATCH, differences[i].expected);
        accel_error_clear();
        CHECK(accelerator_finish(acc) == 0);
    }
    return 0;
}

static int refuse_to_prepare(accelerator *acc, accel_optimizer *optimizer, accel_scheduler *scheduler,
                             const char *expected)
{
    CHECK(accelerator_prepare(acc, optimizer, scheduler) != ACCEL_OK);
    CHECK_ERROR(ACCEL_EMISMATCH, expected);
    accel_error_clear();
    return 0;
}

static int optimizers_are_alike(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    const bool second = accelerator_process_index(acc) == 1;
    accel_module *model = accel_linear(1, 1);
    accel_optimizer *same = accel_sgd(model, .lr = 0.5),
                    *other_lr = accel_sgd(model, .lr = second ? 0.25 : 0.5);
    accel_scheduler *constant = accel_scheduler_create("constant", same),
                    *other =
                        accel_scheduler_create(second ? "linear" : "constant", same, .num_training_steps = 4);
    CHECK(refuse_to_prepare(acc, other_lr, constant,
                            "process 0 has an optimizer, sgd, of 2 parameters with lr 0.5, weight_decay 0 as "
                            "argument 1, process 1 has an optimizer, sgd, of 2 parameters with lr 0.25") == 0);
    CHECK(refuse_to_prepare(acc, second ? accel_adam(model, .lr = 0.5) : same, constant,
                            "process 1 has an optimizer, adam, of 2 parameters") == 0);
    CHECK(refuse_to_prepare(acc, same, other,
                            "process 0 has a scheduler, constant, as argument 2, process 1 has a scheduler, "
                            "linear, as argument 2") == 0);
    CHECK(accelerator_prepare(acc, same, constant) == ACCEL_OK);
    return accelerator_finish(acc);
}

static void evaluates(void **state)
{
    (void)state;
    run_in(2, stays_alone);
    run_in(1, teaches);
    run_in(2, teaches);
    run_in(2, are_prepared_alike);
    run_in(2, options_are_alike);
    run_in(2, optimizers_are_alike);
}

/* ---- looking at a prepared model ---- */

static int gives_its_state(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.mixed_precision = ACCEL_FP16, .timeout = 60);
    accel_module *model = accel_module_create(.user = NULL);
    accel_module_add(model, "first", accel_linear(3, 2));
    accel_module_add(model, "norm", accel_layer_norm(2));
    accelerator_prepare(acc, model);
    accel_dict *state = accelerator_get_state_dict(acc, model), *plain = accel_state_dict(model);
    CHECK(accelerator_unwrap_model(acc, model) == model);
    CHECK(accel_dict_count(state) == 4 && accel_dict_count(plain) == 4);
    for (size_t i = 0; i < 4; i++) {
        CHECK(strcmp(accel_dict_name(state, i), accel_dict_name(plain, i)) == 0);
        CHECK(accel_tensor_device_data(accel_dict_tensor(state, i)) ==
              accel_tensor_device_data(accel_dict_tensor(plain, i)));
        CHECK(accel_tensor_dtype(accel_dict_tensor(state, i)) == ACCEL_FLOAT32);
    }
    accel_try(err) {
        CHECK(err && !accelerator_get_state_dict(acc, NULL));
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_get_state_dict: model is NULL");
    }
    return accelerator_finish(acc);
}

static void is_seen(void **state)
{
    (void)state;
    run_in(1, gives_its_state);
    run_in(2, gives_its_state);
}

/* ---- seeds ---- */

static int draws(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc), processes = accelerator_num_processes(acc);
    accelerator_set_seed(acc, 42);
    accel_tensor *same = accelerator_gather(acc, accel_rand(NULL, ACCEL_SHAPE(1)));
    accelerator_set_seed(acc, 42, .deterministic = true);
    CHECK(accel_deterministic_algorithms() && accel_generator_initial_seed(NULL) == 42);
    accelerator_set_seed(acc, 42, .device_specific = true);
    CHECK(accel_deterministic_algorithms());
    accel_use_deterministic_algorithms(false);
    CHECK(accel_generator_initial_seed(NULL) == 42 + (uint64_t)rank);
    accel_tensor *own = accelerator_gather(acc, accel_rand(NULL, ACCEL_SHAPE(1)));
    for (int i = 0; i < processes; i++) {
        accel_generator *g = accel_generator_create(42 + (uint64_t)i);
        CHECK(accel_item(accel_select(own, 0, i)) == accel_item(accel_rand(g, ACCEL_SHAPE(1))));
        CHECK(accel_item(accel_select(same, 0, i)) == accel_item(accel_select(same, 0, 0)));
    }
    return accelerator_finish(acc);
}

static void seeds(void **state)
{
    (void)state;
    run_in(1, draws);
    run_in(3, draws);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluates),
        cmocka_unit_test(is_seen),
        cmocka_unit_test(seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
