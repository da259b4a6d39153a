/*
 * Gradients that are no longer than MAX_NORM together, and no element of them larger than MAX_VALUE.
 */
#include "moons.h"

enum { EPOCHS = 4 };
static const double MAX_NORM = 0.5, MAX_VALUE = 0.1; /* + */

int main(void)
{
    accelerator *acc = accelerator_create();
    accel_set_seed(42);
    accel_loader *train = accel_loader_create(moons(1000, 1), .batch_size = 16, .shuffle = true);
    accel_loader *test = accel_loader_create(moons(250, 2), .batch_size = 16);
    network layers;
    accel_module *model = network_create(&layers, 16);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.02);
    int64_t steps = EPOCHS * accel_loader_length(train);
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = steps);
    accelerator_prepare(acc, train, test, model, optimizer, scheduler);

    double largest = 0; /* + */
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            double norm = accelerator_clip_grad_norm(acc, model, MAX_NORM, 2); /* + */
            accelerator_clip_grad_value(acc, model, MAX_VALUE);                /* + */
            largest = norm > largest ? norm : largest;                         /* + */
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
        }
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    accelerator_print(acc, "the longest gradient was %.2f, and became %.2f\n", largest, MAX_NORM); /* + */
    return accelerator_finish(acc);
}
