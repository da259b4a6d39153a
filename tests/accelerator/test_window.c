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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wants_a_last_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
