/* Windows of micro-batches at their edges. A model here has one parameter, which begins at 0 and has the gradient that a test
   asks for; its rate is 1. */
#include "ranks.h"

typedef struct unit {
    accel_module *model;
    accel_optimizer *optimizer;
} unit;

static accelerator *start(int64_t steps)
{
    return accelerator_create(.gradient_accumulation_steps = steps, .timeout = 60);
}

static unit make_unit(void)
{
    unit u = {.model = accel_linear(1, 1, .bias = false)};
    accel_no_grad()
        accel_fill_in_place(accel_module_tensor(u.model, "weight"), 0);
    u.optimizer = accel_sgd(u.model, .lr = 1);
    return u;
}

static unit prepare_unit(accelerator *acc)
{
    unit u = make_unit();
    accelerator_prepare(acc, u.model, u.optimizer);
    return u;
}

/* Its gradient is `slope`. */
static accel_tensor *loss_of(unit u, double slope)
{
    accel_tensor *one =
        beside(accel_module_tensor(u.model, "weight"), accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 1)));
    return accel_mul_scalar(accel_sum(accel_forward(u.model, one)), slope);
}

static bool is_at(unit u, double value)
{
    return all_are(accel_detach(accel_module_tensor(u.model, "weight")), value);
}

static bool has_gradient(unit u, double value)
{
    return all_are(accel_grad(accel_module_tensor(u.model, "weight")), value);
}

static void step(unit u)
{
    accel_optimizer_step(u.optimizer);
    accel_optimizer_zero_grad(u.optimizer);
}

/* ---- a last micro-batch without a loss ---- */

static int refuses_what_was_held_back(void *user)
{
    (void)user;
    accelerator *acc = start(2);
    unit u = prepare_unit(acc), other = prepare_unit(acc);
    accelerator_accumulate(acc, u.model, other.model) {
        accelerator_backward(acc, loss_of(u, 1 + accelerator_process_index(acc)));
    }
    accelerator_accumulate(acc, u.model, other.model) {
        accelerator_backward(acc, loss_of(other, 1));
        step(other);
        CHECK(is_at(other, -0.5));
        accel_try(err) {
            CHECK(err && accel_optimizer_step(u.optimizer) != ACCEL_OK);
            CHECK_ERROR(ACCEL_EINVAL, "accel_optimizer_step: gradients of the step were held back, and no "
                                      "backward pass of its last micro-batch averaged them");
        }
        CHECK(is_at(u, 0));
        accel_optimizer_zero_grad(u.optimizer); /* given up */
        CHECK(accel_optimizer_step(u.optimizer) == ACCEL_OK && is_at(u, 0));
    }
    accelerator_backward(acc, loss_of(u, 2));
    step(u);
    CHECK(is_at(u, -1));
    return accelerator_finish(acc);
}

/* What is held back on purpose is stepped on purpose. */
static int steps_where_it_is_held_back(void *user)
{
    (void)user;
    accelerator *acc = start(1);
    int rank = accelerator_process_index(acc);
    unit u = prepare_unit(acc);
    accelerator_no_sync(acc, u.model) {
        accelerator_backward(acc, loss_of(u, 1 + rank));
        CHECK(accel_optimizer_step(u.optimizer) == ACCEL_OK && is_at(u, -1 - rank));
    }
    CHECK(accel_optimizer_step(u.optimizer) != ACCEL_OK);
    CHECK_ERROR(ACCEL_EINVAL, "were held back");
    accel_error_clear(); /* or a process that has not come so far would hear of it */
    return accelerator_finish(acc);
}

static int refuses_what_was_not_counted(void *user)
{
    (void)user;
    accelerator *acc = start(2);
    unit u = prepare_unit(acc);
    accelerator_accumulate(acc, u.model) {
        accelerator_backward(acc, loss_of(u, 1), .num_items = 100);
    }
    accelerator_accumulate(acc, u.model) {
        accel_try(err) {
            CHECK(err && accel_optimizer_step(u.optimizer) != ACCEL_OK);
            CHECK(strstr(accel_error_text(), "last micro-batch") != NULL);
        }
        CHECK(is_at(u, 0));
        accel_optimizer_zero_grad(u.optimizer);
        CHECK(accel_optimizer_step(u.optimizer) == ACCEL_OK);
    }
    return accelerator_finish(acc);
}

static void wants_a_last_loss(void **state)
{
    (void)state;
    run_in(2, refuses_what_was_held_back);
    run_in(2, steps_where_it_is_held_back);
    run_in(1, refuses_what_was_not_counted);
    run_in(2, refuses_what_was_not_counted);
}

/* ---- blocks ---- */

/* A block lets go of what it held, not of what was prepared in it. */
static int forgets_in_a_block(void *user)
{
    (void)user;
    accelerator *acc = start(2);
    double mean = (1 + accelerator_num_processes(acc)) / 2.0;
    unit u = prepare_unit(acc);
    for (int i = 0; i < 2; i++) {
        accelerator_set_gradient_accumulation_steps(acc, 2);
        if (i == 0)
            accelerator_no_sync(acc, u.model) {
                accelerator_free_memory(acc);
                accelerator_prepare(acc, u.model, u.optimizer);
            } else accelerator_accumulate(acc, u.model) {
                accelerator_free_memory(acc);
                accelerator_prepare(acc, u.model, u.optimizer);
            }
        accelerator_set_gradient_accumulation_steps(acc, 1);
        accelerator_backward(acc, loss_of(u, 1 + accelerator_process_index(acc)));
        CHECK(has_gradient(u, mean));
        accel_optimizer_zero_grad(u.optimizer);
    }
    return accelerator_finish(acc);
}

static int refuses_no_list(void *user)
{
    (void)user;
    accelerator *acc = start(2);
    accel_try(err) {
        accelerator_no_sync_block b = accelerator_no_sync_begin(acc, NULL, 1);
        CHECK(err && !b.open);
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_no_sync: models is NULL");
        accelerator_no_sync_end(&b);
    }
    accel_try(err) {
        accelerator_no_sync_block b = accelerator_accumulate_begin(acc, NULL, 1);
        CHECK(err && !b.open);
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_accumulate: models is NULL");
        accelerator_accumulate_end(&b);
    }
    CHECK(accelerator_sync_gradients(acc));
    accelerator_no_sync_end(NULL);
    accelerator_accumulate_end(NULL);
    return accelerator_finish(acc);
}

static void lets_go_of_what_it_held(void **state)
{
    (void)state;
    run_in(1, forgets_in_a_block);
    run_in(2, forgets_in_a_block);
    run_in(1, refuses_no_list);
}

/* ---- numbers of items ---- */

/* Where nobody's gradients are averaged, a process's items are its own, and it waits for nobody. */
static int counts_alone(void *user)
{
    (void)user;
    accelerator *acc = start(2);
    unit u = make_unit();
    accelerator_prepare(acc, u.optimizer);
    for (int i = 0; i <= accelerator_process_index(acc); i++) {
        accelerator_backward(acc, loss_of(u, 3), .num_items = 1 + 2 * i);
        CHECK(has_gradient(u, 3));
        step(u);
    }
    return accelerator_finish(acc);
}

/* A number is a number, be it 0. */
static int misses_counts_after_none(void *user)
{
    (void)user;
    accelerator *acc = start(2);
    unit u = prepare_unit(acc);
    accelerator_accumulate(acc, u.model) {
        accelerator_backward(acc, loss_of(u, 1), .num_items = 0);
    }
    accelerator_accumulate(acc, u.model) {
        CHECK(accelerator_backward(acc, loss_of(u, 1)) != ACCEL_OK); /* here, or in another process before */
        CHECK(strstr(accel_error_text(), "num_items is missing") != NULL);
    }
    accelerator_finish(acc);
    return 0;
}

/* Nothing to take the mean of: only the call is lost. */
static int refuses_nothing_at_all(void *user)
{
    (void)user;
    accelerator *acc = start(1);
    unit u = prepare_unit(acc);
    accel_try(err) {
        CHECK(err && accelerator_backward(acc, loss_of(u, 1), .num_items = 0) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_backward: num_items is 0 in every loss of every process");
    }
    accelerator_backward(acc, loss_of(u, 1), .num_items = accelerator_process_index(acc) == 0);
    CHECK(has_gradient(u, 1));
    return accelerator_finish(acc);
}

/* What comes after a micro-batch without items is not blown up: under fp16 it would overflow. */
static int begins_with_nothing(void *user)
{
    (void)user;
    accel_grad_scaler_options scaler = accel_grad_scaler_options_default();
    scaler.init_scale = 1024;
    accelerator *acc = accelerator_create(.gradient_accumulation_steps = 3, .mixed_precision = ACCEL_FP16,
                                          .grad_scaler = &scaler, .timeout = 60);
    unit u = prepare_unit(acc);
    static const int64_t items[] = {0, 4000, 96};
    for (int micro = 0; micro < 3; micro++)
        accelerator_accumulate(acc, u.model) {
            accelerator_backward(acc, loss_of(u, 1), .num_items = items[micro]);
            step(u);
        }
    CHECK(!accelerator_optimizer_step_was_skipped(acc) && is_at(u, -1));
    return accelerator_finish(acc);
}

static void counts_items(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 2; processes++) {
        run_in(processes, counts_alone);
        run_in(processes, misses_counts_after_none);
        run_in(processes, refuses_nothing_at_all);
        run_in(processes, begins_with_nothing);
    }
}

/* ---- the mean of its micro-batches, and of nothing else ---- */

/* A loader that gives every process so many batches. */
static accel_loader *prepare_batches(accelerator *acc, int64_t count)
{
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x",
                   accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(count * accelerator_num_processes(acc), 1)));
    accel_loader *loader = accel_loader_create(accel_tensor_dataset(data), .batch_size = 1);
    accelerator_prepare(acc, loader);
    return loader;
}

/* What slopes of value + rank are on average. */
static double mean_of(accelerator *acc, double value)
{
    return value + (accelerator_num_processes(acc) - 1) / 2.0;
}

static double own(accelerator *acc, double value) { return value + accelerator_process_index(acc); }

static accelerator *start_with(accel_mixed_precision precision, int64_t steps)
{
    accel_grad_scaler_options scaling = accel_grad_scaler_options_default();
    scaling.init_scale = 1024;
    return accelerator_create(.gradient_accumulation_steps = steps, .mixed_precision = precision,
                              .grad_scaler = &scaling, .timeout = 60);
}

/* Under fp16 gradients are seen once they are clipped, which unscales them, and hold what its losses can. */
static bool is_about(accelerator *acc, accel_tensor *tensor, double value)
{
    double tolerance = accelerator_mixed_precision(acc) == ACCEL_FP16 ? 1e-3 : 1e-6;
    return fabs(accel_item(tensor) - value) < tolerance * fabs(value);
}

static bool has_unscaled(accelerator *acc, unit u, double value)
{
    accelerator_clip_grad_value(acc, u.model, 1e6);
    return is_about(acc, accel_grad(accel_module_tensor(u.model, "weight")), value);
}

/* A step of three of four micro-batches, over gradients that nobody zeroed, its own model's and another one's. */
static int adds_to_old_gradients(accel_mixed_precision precision, bool counts)
{
    accelerator *acc = start_with(precision, 4);
    unit u = prepare_unit(acc), other = prepare_unit(acc);
    accel_loader *loader = prepare_batches(acc, 3);
    accelerator_backward(acc, loss_of(u, own(acc, 8)), .num_items = 1);
    accelerator_backward(acc, loss_of(other, own(acc, 16)), .num_items = 1);
    double old = mean_of(acc, 8);
    int micro = 0;
    accel_for_each (batch, loader) {
        accelerator_accumulate(acc, u.model) {
            accelerator_backward(acc, loss_of(u, own(acc, 3 * micro)), .num_items = counts ? 5 : -1);
            CHECK(batch && (micro < 2 || has_unscaled(acc, u, old + mean_of(acc, 3))));
            CHECK(micro < 2 || has_unscaled(acc, other, mean_of(acc, 16)));
        }
        micro++;
    }
    CHECK(micro == 3);
    step(u);
    CHECK(is_about(acc, accel_module_tensor(u.model, "weight"), -old - mean_of(acc, 3)));
    return accelerator_finish(acc);
}

static int leaves_old_gradients(void *user)
{
    (void)user;
    for (int counts = 0; counts < 2; counts++) {
        CHECK(adds_to_old_gradients(ACCEL_PRECISION_NO, counts) == 0);
        CHECK(adds_to_old_gradients(ACCEL_FP16, counts) == 0);
    }
    return 0;
}

/* Old gradients that are dropped in the middle are gone. */
static int drops_old_gradients(void *user)
{
    (void)user;
    accelerator *acc = start(4);
    unit u = prepare_unit(acc);
    accel_loader *loader = prepare_batches(acc, 3);
    accelerator_backward(acc, loss_of(u, 8), .num_items = 1);
    int micro = 0;
    accel_for_each (batch, loader) {
        accelerator_accumulate(acc, u.model) {
            if (micro == 1)
                accel_set_grad(accel_module_tensor(u.model, "weight"), NULL);
            accelerator_backward(acc, loss_of(u, own(acc, 3)));
            CHECK(batch && (micro < 2 || fabs(accel_item(accel_grad(accel_module_tensor(u.model, "weight"))) -
                                              2 * mean_of(acc, 3) / 3) < 1e-6));
        }
        micro++;
    }
    return accelerator_finish(acc);
}

/* The number of steps changes in the middle: slopes of 2, 4, … are their mean all the same. */
static int changes_the_number(void *user)
{
    static const struct {
        int64_t before, after;
        int length;
    } cases[] = {{4, 2, 2}, {2, 3, 3}, {3, 1, 2}, {2, 6, 6}};
    (void)user;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        accelerator *acc = start(cases[i].before);
        unit u = prepare_unit(acc);
        for (int micro = 0; micro < cases[i].length; micro++)
            accelerator_accumulate(acc, u.model) {
                accelerator_backward(acc, loss_of(u, own(acc, 2 * (micro + 1))));
                if (micro == 0)
                    accelerator_set_gradient_accumulation_steps(acc, cases[i].after);
                CHECK(accelerator_sync_gradients(acc) == (micro == cases[i].length - 1));
                double gradient = accel_item(accel_grad(accel_module_tensor(u.model, "weight")));
                CHECK(micro < cases[i].length - 1 || fabs(gradient - mean_of(acc, cases[i].length + 1)) < 1e-5);
                step(u);
            }
        CHECK(accelerator_finish(acc) == 0);
    }
    return 0;
}

/* A micro-batch whose loss is left out counts as one of loss 0, in a short step, too. */
static int skips_one(void *user)
{
    (void)user;
    accelerator *acc = start(4);
    unit u = prepare_unit(acc);
    accel_loader *loader = prepare_batches(acc, 3);
    int micro = 0;
    accel_for_each (batch, loader) {
        accelerator_accumulate(acc, u.model) {
            if (micro++ == 1)
                continue;
            accelerator_backward(acc, loss_of(u, own(acc, 3)));
            CHECK(batch);
            step(u);
        }
    }
    CHECK(micro == 3 &&
          fabs(accel_item(accel_module_tensor(u.model, "weight")) + 2 * mean_of(acc, 3) / 3) < 1e-6);
    return accelerator_finish(acc);
}

/* Two losses of one micro-batch are added, two models of one step each have their mean. */
static int adds_losses_of_one(void *user)
{
    (void)user;
    accelerator *acc = start(4);
    unit a = prepare_unit(acc), b = prepare_unit(acc);
    accel_loader *loader = prepare_batches(acc, 2);
    int micro = 0;
    accel_for_each (batch, loader) {
        accelerator_accumulate(acc, a.model, b.model) {
            accelerator_no_sync(acc, a.model)
                accelerator_backward(acc, loss_of(a, own(acc, 1)));
            accelerator_backward(acc, loss_of(a, own(acc, 2)));
            accelerator_backward(acc, loss_of(b, own(acc, 10 * micro)));
            CHECK(batch);
            step(a);
            step(b);
        }
        micro++;
    }
    CHECK(is_at(a, -mean_of(acc, 1) - mean_of(acc, 2)) && is_at(b, -mean_of(acc, 5)));
    return accelerator_finish(acc);
}

static void is_the_mean(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 2; processes++) {
        run_in(processes, leaves_old_gradients);
        run_in(processes, drops_old_gradients);
        run_in(processes, changes_the_number);
        run_in(processes, skips_one);
        run_in(processes, adds_losses_of_one);
    }
}

/* ---- one number of steps, one block at a time ---- */

/* The inner one would have its gradients averaged, and the outer one holds them back. */
static int refuses_a_block_in_a_block(void *user)
{
    (void)user;
    accelerator *acc = start(2);
    unit a = prepare_unit(acc), b = prepare_unit(acc);
    for (int micro = 0; micro < 4; micro++)
        accelerator_accumulate(acc, a.model, b.model) {
            int inner = 0;
            accel_try(err) {
                accelerator_accumulate(acc, micro % 2 ? b.model : a.model)
                    inner++;
                CHECK(err && inner == 0);
                CHECK_ERROR(ACCEL_EINVAL, "accelerator_accumulate: such a block is running already; one block "
                                          "takes several models");
            }
            accelerator_backward(acc, loss_of(a, own(acc, 2)));
            accelerator_backward(acc, loss_of(b, own(acc, 4)));
            step(a);
            step(b);
        }
    CHECK(is_at(a, -2 * mean_of(acc, 2)) && is_at(b, -2 * mean_of(acc, 4)));
    return accelerator_finish(acc);
}

/* Of two accelerators each has its own. */
static int lets_two_accelerators_nest(void *user)
{
    (void)user;
    accelerator *acc = start(1), *other = start(1);
    unit a = prepare_unit(acc), b = prepare_unit(other);
    accelerator_accumulate(acc, a.model)
        accelerator_accumulate(other, b.model)
            accelerator_backward(acc, loss_of(a, 3));
    CHECK(has_gradient(a, 3));
    CHECK(accelerator_finish(other) == 0);
    return accelerator_finish(acc);
}

static int agrees_on_the_number(void *user)
{
    (void)user;
    accelerator *acc = start(1);
    int rank = accelerator_process_index(acc);
    accelerator_set_gradient_accumulation_steps(acc, 7 + rank); /* nobody has anything to average */
    accelerator_set_gradient_accumulation_steps(acc, 3);
    unit u = prepare_unit(acc);
    accelerator_set_gradient_accumulation_steps(acc, 2 + 2 * rank);
    CHECK_ERROR(ACCEL_EMISMATCH, "accelerator_set_gradient_accumulation_steps: steps differs between "
                                 "processes: process 0 has 2, process 1 has 4");
    accel_error_clear();
    accelerator_set_gradient_accumulation_steps(acc, 1 - rank);
    CHECK_ERROR(ACCEL_EINVAL, "steps must be above 0, got 0");
    accel_error_clear();
    CHECK(accelerator_gradient_accumulation_steps(acc) == 3);
    CHECK(accelerator_set_gradient_accumulation_steps(acc, 2) == ACCEL_OK);
    CHECK(accelerator_gradient_accumulation_steps(acc) == 2);
    for (int micro = 0; micro < 2; micro++)
        accelerator_accumulate(acc, u.model) {
            accelerator_backward(acc, loss_of(u, own(acc, 2)));
            step(u);
        }
    CHECK(is_at(u, -mean_of(acc, 2)));
    return accelerator_finish(acc);
}

static void is_one_for_all(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 2; processes++) {
        run_in(processes, refuses_a_block_in_a_block);
        run_in(processes, lets_two_accelerators_nest);
    }
    run_in(2, agrees_on_the_number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wants_a_last_loss), cmocka_unit_test(lets_go_of_what_it_held),
        cmocka_unit_test(counts_items),      cmocka_unit_test(is_the_mean),
        cmocka_unit_test(is_one_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
