/*
 * Steps of four batches: gradients are added up, and only a step of the optimizer makes the processes talk. The last step of an
 * epoch has fewer batches, whose gradients weigh as much.
 */
#include "moons.h"

enum { EPOCHS = 4 };

int main(void)
{
    accelerator *acc = accelerator_create(.gradient_accumulation_steps = 4); /* + */
    accel_set_seed(42);
    accel_loader *train = accel_loader_create(moons(1000, 1), .batch_size = 16, .shuffle = true);
    accel_loader *test = accel_loader_create(moons(250, 2), .batch_size = 16);
    network layers;
    accel_module *model = network_create(&layers, 16);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.02);
    int64_t steps = EPOCHS * accel_loader_length(train) / accelerator_gradient_accumulation_steps(acc); /* + */
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = steps);
    accelerator_prepare(acc, train, test, model, optimizer, scheduler);

    int64_t taken = 0; /* + */
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, train) {
            accelerator_accumulate(acc, model) { /* + */
                accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
                accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
                accelerator_backward(acc, loss);
                accel_optimizer_step(optimizer);
                accel_scheduler_step(scheduler);
                accel_optimizer_zero_grad(optimizer);
                taken += accelerator_sync_gradients(acc); /* + */
            } /* + */
        }
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    accelerator_print(acc, "%lld steps of %lld batches\n", (long long)taken, /* + */
                      (long long)(EPOCHS * accel_loader_length(train)));     /* + */
    return accelerator_finish(acc);
}
