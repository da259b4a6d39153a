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
    return accel_mul_scalar(accel_sum(accel_forward(u.model, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 1)))),
                            slope);
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
    accelerator_finish(acc);
    return 0;
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
        CHECK(accelerator_backward(acc, loss_of(u, 1)) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EINVAL, "num_items is missing");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wants_a_last_loss),
        cmocka_unit_test(lets_go_of_what_it_held),
        cmocka_unit_test(counts_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
