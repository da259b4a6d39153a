/*
 * Training that goes on in the middle of an epoch: the batches that were seen are left out, without being made.
 */
#include "moons.h"

enum { EPOCHS = 4 };

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

    int64_t seen = 2 * accel_loader_length(train) + 10;                            /* + */
    int first = (int)(seen / accel_loader_length(train));                          /* + */
    accel_loader_set_epoch(train, first);                                          /* + */
    accelerator_skip_first_batches(acc, train, seen % accel_loader_length(train)); /* + */
    int64_t made = 0;                                                              /* + */
    for (int epoch = first; epoch < EPOCHS; epoch++) {                             /* + */
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
            made++; /* + */
        }
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    accelerator_print(acc, "%lld batches were made\n", (long long)made); /* + */
    return accelerator_finish(acc);
}
