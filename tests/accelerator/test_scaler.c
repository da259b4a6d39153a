/* Steps under fp16. Every gradient of the models here is 1, and every rate 1: a step that takes place moves each parameter
   by exactly -1. */
#include "ranks.h"

#include "accelerator/facade.h"

enum { FEATURES = 2 };

typedef struct unit {
    accel_module *model;
    accel_optimizer *optimizer;
} unit;

static accelerator *start(double init_scale, int growth_interval)
{
    accel_grad_scaler_options o = accel_grad_scaler_options_default();
    o.init_scale = init_scale;
    o.growth_interval = growth_interval;
    return accelerator_create(.mixed_precision = ACCEL_FP16, .grad_scaler = &o, .timeout = 60);
}

static unit make_unit(accelerator *acc)
{
    unit u = {.model = accel_linear(FEATURES, 1)};
    accel_no_grad() {
        accel_fill_uniform(accel_module_tensor(u.model, "weight"), 0, 0, NULL);
        accel_fill_uniform(accel_module_tensor(u.model, "bias"), 0, 0, NULL);
    }
    u.optimizer = accel_sgd(u.model, .lr = 1);
    accelerator_prepare(acc, u.model, u.optimizer);
    return u;
}

static accel_tensor *loss_of(unit u, double factor)
{
    accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, FEATURES)),
                 *y = accel_forward(u.model, beside(accel_module_tensor(u.model, "weight"), x));
    return accel_mul_scalar(accel_sum(y), factor);
}

static void step(unit u)
{
    accel_optimizer_step(u.optimizer);
    accel_optimizer_zero_grad(u.optimizer);
}

static bool is_at(unit u, double value)
{
    return all_are(accel_detach(accel_module_tensor(u.model, "weight")), value) &&
           all_are(accel_detach(accel_module_tensor(u.model, "bias")), value);
}

static bool has_gradient(unit u, double value)
{
    return all_are(accel_grad(accel_module_tensor(u.model, "weight")), value);
}

static float scale_of(accelerator *acc) { return scaler_scale(&facade_of(acc, "test")->scaler); }

/* ---- steps that are skipped ---- */

static int skips(void *user)
{
    static const double overflows[] = {INFINITY, NAN, -INFINITY};
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit u = make_unit(acc);
    accel_scheduler *scheduler = accel_scheduler_create("linear", u.optimizer, .num_training_steps = 100);
    accelerator_prepare(acc, scheduler);
    for (int i = 0; i < 3; i++) {
        double rate = accel_optimizer_lr(u.optimizer, 0);
        accelerator_backward(acc, loss_of(u, overflows[i]));
        step(u);
        accel_scheduler_step(scheduler);
        CHECK(is_at(u, 0) && accelerator_optimizer_step_was_skipped(acc));
        CHECK(accel_optimizer_lr(u.optimizer, 0) == rate && scale_of(acc) == 1024 >> (i + 1));
    }
    accelerator_backward(acc, loss_of(u, 1));
    CHECK(has_gradient(u, 128));
    step(u);
    accel_scheduler_step(scheduler);
    CHECK(is_at(u, -1) && !accelerator_optimizer_step_was_skipped(acc) && scale_of(acc) == 128);
    CHECK(accel_optimizer_lr(u.optimizer, 0) < 1);
    return accelerator_finish(acc);
}

/* What overflows in one process is infinite in the average of all. */
static int skips_together(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit u = make_unit(acc);
    accelerator_backward(acc, loss_of(u, accelerator_is_last_process(acc) ? INFINITY : 1));
    step(u);
    CHECK(is_at(u, 0) && scale_of(acc) == 512);
    accelerator_backward(acc, loss_of(u, 1));
    step(u);
    CHECK(is_at(u, -1));
    return accelerator_finish(acc);
}

/* One of two overflows, with clipping: the other steps, unscaled once, and the scale falls once. */
static int skips_one_of_two(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit a = make_unit(acc), b = make_unit(acc);
    for (int i = 0; i < 3; i++) {
        accelerator_backward(acc, loss_of(a, i == 1 ? INFINITY : 1));
        accelerator_backward(acc, loss_of(b, 1));
        double norm = accelerator_clip_grad_norm(acc, a.model, 100, 2);
        CHECK(i == 1 ? isinf(norm) : fabs(norm - sqrt(3)) < 1e-6);
        CHECK(has_gradient(b, i == 2 ? 512 : 1024));
        CHECK(fabs(accelerator_clip_grad_norm(acc, b.model, 100, 2) - sqrt(3)) < 1e-6);
        step(a);
        step(b);
        CHECK(is_at(a, i == 0 ? -1 : -i) && is_at(b, -1 - i));
        CHECK(accelerator_optimizer_step_was_skipped(acc) == (i == 1));
        CHECK(scale_of(acc) == (i == 0 ? 1024 : 512));
    }
    return accelerator_finish(acc);
}

/* ---- a parameter that two optimizers step ---- */

/* A second optimizer over the weight alone. */
static accel_optimizer *step_weight_too(accelerator *acc, unit u)
{
    accel_optimizer *second = accel_sgd(NULL, .lr = 1);
    accel_dict *weight = accel_dict_create();
    accel_dict_set(weight, "weight", accel_module_tensor(u.model, "weight"));
    accel_optimizer_add_group(second, weight);
    accelerator_prepare(acc, second);
    return second;
}

static bool are_at(unit u, double weight, double bias)
{
    return all_are(accel_detach(accel_module_tensor(u.model, "weight")), weight) &&
           all_are(accel_detach(accel_module_tensor(u.model, "bias")), bias);
}

static int unscales_shared_parameters_once(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit u = make_unit(acc);
    accel_optimizer *second = step_weight_too(acc, u);
    accelerator_backward(acc, loss_of(u, 1));
    accel_optimizer_step(u.optimizer);
    accel_optimizer_step(second);
    CHECK(are_at(u, -2, -1) && has_gradient(u, 1));
    accelerator_backward(acc, loss_of(u, 1)); /* is added to what nobody zeroed */
    CHECK(has_gradient(u, 2048));
    accel_optimizer_step(second);
    CHECK(are_at(u, -4, -1) && all_are(accel_grad(accel_module_tensor(u.model, "bias")), 2048));
    accelerator_backward(acc, loss_of(u, 1)); /* where one of them has unscaled, and the other has not */
    CHECK(has_gradient(u, 3072));
    CHECK(accelerator_clip_grad_value(acc, u.model, 100) == ACCEL_OK && has_gradient(u, 3));
    accel_optimizer_step(u.optimizer);
    accel_optimizer_step(second);
    CHECK(are_at(u, -10, -4) && has_gradient(u, 3));
    return accelerator_finish(acc);
}

/* Either of them finds that the gradient is not finite, whoever unscaled it, and the scale falls once. */
static int skips_shared_parameters(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit u = make_unit(acc);
    accel_optimizer *second = step_weight_too(acc, u);
    accelerator_backward(acc, loss_of(u, INFINITY));
    accel_optimizer_step(second);
    accel_optimizer_step(u.optimizer);
    CHECK(are_at(u, 0, 0) && scale_of(acc) == 512);
    accel_optimizer_zero_grad(u.optimizer);
    accelerator_backward(acc, loss_of(u, 1));
    accel_optimizer_step(second);
    accel_optimizer_step(u.optimizer);
    CHECK(are_at(u, -2, -1));
    return accelerator_finish(acc);
}

/* ---- the scale ---- */

static int grows(void *user)
{
    (void)user;
    accelerator *acc = start(0x1p126, 1);
    unit u = make_unit(acc);
    accelerator_backward(acc, loss_of(u, 0x1p-120));
    step(u);
    CHECK(scale_of(acc) == 0x1p127f);
    accelerator_backward(acc, loss_of(u, 0x1p-120));
    step(u);
    CHECK(scale_of(acc) == 0x1p127f); /* the next would be infinite */
    CHECK(accelerator_finish(acc) == 0);
    acc = start(8, 2);
    u = make_unit(acc);
    for (int i = 0; i < 5; i++) {
        CHECK(scale_of(acc) == 8 << (i / 2));
        accelerator_backward(acc, loss_of(u, 1));
        step(u);
        CHECK(is_at(u, -1 - i));
    }
    return accelerator_finish(acc);
}

/* Also where the scale is 1, gradients are looked at. */
static int falls_below_one(void *user)
{
    (void)user;
    accelerator *acc = start(2, 2000);
    unit u = make_unit(acc);
    for (int i = 0; i < 4; i++) {
        accelerator_backward(acc, loss_of(u, INFINITY));
        step(u);
        CHECK(is_at(u, 0) && scale_of(acc) == ldexpf(1, -i));
    }
    accelerator_backward(acc, loss_of(u, 1));
    step(u);
    CHECK(is_at(u, -1));
    return accelerator_finish(acc);
}

static int is_switched_off(void *user)
{
    (void)user;
    accel_grad_scaler_options o = accel_grad_scaler_options_default();
    o.enabled = false;
    accelerator *acc = accelerator_create(.mixed_precision = ACCEL_FP16, .grad_scaler = &o);
    unit u = make_unit(acc);
    accelerator_backward(acc, loss_of(u, 1));
    CHECK(has_gradient(u, 1));
    step(u);
    CHECK(is_at(u, -1));
    accelerator_backward(acc, loss_of(u, INFINITY));
    step(u);
    CHECK(!accelerator_optimizer_step_was_skipped(acc) && is_at(u, -INFINITY));
    return accelerator_finish(acc);
}

static void scales(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 2; processes++) {
        run_in(processes, skips);
        run_in(processes, skips_together);
        run_in(processes, skips_one_of_two);
        run_in(processes, unscales_shared_parameters_once);
        run_in(processes, skips_shared_parameters);
    }
    run_in(1, grows);
    run_in(1, falls_below_one);
    run_in(1, is_switched_off);
}

/* ---- whatever happens between a backward pass and a step ---- */

static int clips_before_steps(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit u = make_unit(acc);
    accelerator_backward(acc, loss_of(u, 1));
    CHECK(has_gradient(u, 1024));
    CHECK(fabs(accelerator_clip_grad_norm(acc, u.model, 100, 2) - sqrt(3)) < 1e-6 && has_gradient(u, 1));
    CHECK(accelerator_clip_grad_norm(acc, u.model, 100, INFINITY) == 1 && has_gradient(u, 1));
    CHECK(accelerator_clip_grad_value(acc, u.model, 0.5) == ACCEL_OK && has_gradient(u, 0.5));
    step(u);
    CHECK(is_at(u, -0.5));
    return accelerator_finish(acc);
}

/* A step that is given up: the next gradients are scaled, too. */
static int gives_a_step_up(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit u = make_unit(acc);
    accelerator_backward(acc, loss_of(u, 1));
    accelerator_clip_grad_norm(acc, u.model, 100, 2);
    accel_optimizer_zero_grad(u.optimizer);
    accelerator_backward(acc, loss_of(u, 1));
    CHECK(has_gradient(u, 1024));
    step(u);
    CHECK(is_at(u, -1));
    return accelerator_finish(acc);
}

/* Gradients in two measures are brought to one before they are added. */
static int adds_to_clipped(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit u = make_unit(acc);
    accelerator_backward(acc, loss_of(u, 1));
    accelerator_clip_grad_norm(acc, u.model, 100, 2);
    accelerator_backward(acc, loss_of(u, 1));
    CHECK(has_gradient(u, 2048));
    accel_optimizer_step(u.optimizer);
    CHECK(is_at(u, -2) && has_gradient(u, 2));
    accel_optimizer_step(u.optimizer);
    CHECK(is_at(u, -4));
    accelerator_backward(acc, loss_of(u, 1)); /* nobody zeroed them */
    step(u);
    CHECK(is_at(u, -7));
    return accelerator_finish(acc);
}

/* The scale falls while an optimizer still collects gradients. */
static int collects_while_the_scale_falls(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit slow = make_unit(acc), quick = make_unit(acc);
    accelerator_backward(acc, loss_of(slow, 1));
    accelerator_backward(acc, loss_of(quick, INFINITY));
    step(quick);
    accelerator_backward(acc, loss_of(slow, 1));
    CHECK(has_gradient(slow, 1024));
    step(slow);
    CHECK(is_at(slow, -2) && is_at(quick, 0));
    return accelerator_finish(acc);
}

/* Clipping one model leaves the other's gradients alone. */
static int clips_one_of_two(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    unit a = make_unit(acc), b = make_unit(acc);
    accelerator_backward(acc, loss_of(a, 1));
    accelerator_backward(acc, loss_of(b, 1));
    accelerator_clip_grad_norm(acc, a.model, 100, 2);
    CHECK(has_gradient(a, 1) && has_gradient(b, 1024));
    step(b);
    step(a);
    CHECK(is_at(a, -1) && is_at(b, -1));
    return accelerator_finish(acc);
}

static int waits_for_the_window(void *user)
{
    (void)user;
    accelerator *acc = start(1024, 2000);
    accelerator_set_gradient_accumulation_steps(acc, 2);
    unit u = make_unit(acc);
    for (int micro = 0; micro < 4; micro++)
        accelerator_accumulate(acc, u.model) {
            accelerator_backward(acc, loss_of(u, 1), .num_items = micro % 2 == 0 ? 3 : 1);
            double norm = accelerator_clip_grad_norm(acc, u.model, 100, 2);
            CHECK(micro % 2 == 0 ? isnan(norm) && !has_gradient(u, 1) : fabs(norm - sqrt(3)) < 1e-5);
            step(u);
            CHECK(is_at(u, -(micro + 1) / 2));
        }
    return accelerator_finish(acc);
}

static int goes_back_twice(void *user)
{
    (void)user;
    accelerator *acc = start(256, 2000);
    unit u = make_unit(acc);
    accel_tensor *loss = loss_of(u, 1);
    accelerator_backward(acc, loss, .retain_graph = true);
    accelerator_backward(acc, loss);
    CHECK(has_gradient(u, 512));
    step(u);
    CHECK(is_at(u, -2));
    return accelerator_finish(acc);
}

static void keeps_measure(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 2; processes++) {
        run_in(processes, clips_before_steps);
        run_in(processes, gives_a_step_up);
        run_in(processes, adds_to_clipped);
        run_in(processes, collects_while_the_scale_falls);
        run_in(processes, clips_one_of_two);
        run_in(processes, waits_for_the_window);
    }
    run_in(1, goes_back_twice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales),
        cmocka_unit_test(keeps_measure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
