/*
 * What the accelerator itself costs: a tiny step with everything that it does around it, and the same step without. The C
 * side of reference_facade.py.
 *
 * Prints one JSON line: facade_s of a step under accelerator_accumulate, prepared and with a schedule, bare_s of forward,
 * backward, step and zero_grad alone, and cost_s, the difference. Medians over rounds of both in turn.
 */
#include <stdio.h>

#include <accel/accel.h>

#include "timing.h"

enum { ROUNDS = 15, STEPS = 1000 };

typedef struct trainee {
    accel_module *model;
    accel_optimizer *optimizer;
    accel_scheduler *scheduler;
} trainee;

static trainee make_trainee(void)
{
    trainee t = {.model = accel_linear(8, 1)};
    t.optimizer = accel_sgd(t.model, .lr = 1e-3);
    t.scheduler = accel_scheduler_create("linear", t.optimizer, .num_training_steps = 1000000);
    return t;
}

static double train_prepared(accelerator *acc, const trainee *t, accel_tensor *x)
{
    double begin = seconds_now();
    for (int i = 0; i < STEPS; i++)
        accel_scoped() {
            accelerator_accumulate(acc, t->model) {
                accelerator_backward(acc, accel_mean(accel_forward(t->model, x)));
                accel_optimizer_step(t->optimizer);
                accel_scheduler_step(t->scheduler);
                accel_optimizer_zero_grad(t->optimizer);
            }
        }
    return (seconds_now() - begin) / STEPS;
}

static double train_bare(const trainee *t, accel_tensor *x)
{
    double begin = seconds_now();
    for (int i = 0; i < STEPS; i++)
        accel_scoped() {
            accel_backward(accel_mean(accel_forward(t->model, x)));
            accel_optimizer_step(t->optimizer);
            accel_scheduler_step(t->scheduler);
            accel_optimizer_zero_grad(t->optimizer);
        }
    return (seconds_now() - begin) / STEPS;
}

int main(void)
{
    accelerator *acc = accelerator_create(.cpu = true);
    accel_set_seed(42);
    trainee prepared = make_trainee(), bare = make_trainee();
    accelerator_prepare(acc, prepared.model, prepared.optimizer, prepared.scheduler);
    accel_tensor *x = accel_randn(NULL, ACCEL_SHAPE(4, 8));
    double with[ROUNDS], without[ROUNDS];
    train_prepared(acc, &prepared, x);
    train_bare(&bare, x);
    for (int round = 0; round < ROUNDS; round++) {
        with[round] = train_prepared(acc, &prepared, x);
        without[round] = train_bare(&bare, x);
    }
    double facade = median(with, ROUNDS), alone = median(without, ROUNDS);
    if (!accel_error_is_set())
        printf("{\"name\": \"facade\", \"facade_s\": %.9f, \"bare_s\": %.9f, \"cost_s\": %.9f}\n", facade,
               alone, facade - alone);
    return accelerator_finish(acc);
}
