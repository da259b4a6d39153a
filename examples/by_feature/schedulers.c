/*
 * A schedule that follows an evaluation: the learning rate falls when accuracy does not rise any more. Any other one of transformers'
 * get_scheduler takes its name instead of "linear".
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
    accel_scheduler *scheduler = accel_scheduler_create("reduce_lr_on_plateau", optimizer, .mode = "max",
                                                        .patience = 0, .threshold = 0.05); /* + */
    accelerator_prepare(acc, train, test, model, optimizer, scheduler);

    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_optimizer_zero_grad(optimizer);
        }
        double reached = accuracy(acc, model, test);                                           /* + */
        accel_scheduler_step_with_metric(scheduler, reached);                                  /* + */
        accelerator_print(acc, "epoch %d: accuracy %.3f, then a rate of %g\n", epoch, reached, /* + */
                          accel_scheduler_last_lr(scheduler, 0));                              /* + */
    }
    return accelerator_finish(acc);
}
