/*
 * Two models with an optimizer and a schedule each, in one loop: either is accumulated, clipped and stepped by itself.
 */
#include "moons.h"

enum { EPOCHS = 4 };

int main(void)
{
    accelerator *acc = accelerator_create(.gradient_accumulation_steps = 2); /* + */
    accel_set_seed(42);
    accel_loader *train = accel_loader_create(moons(1000, 1), .batch_size = 16, .shuffle = true);
    accel_loader *test = accel_loader_create(moons(250, 2), .batch_size = 16);
    network layers;
    accel_module *model = network_create(&layers, 16);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.02);
    int64_t steps = EPOCHS * accel_loader_length(train) / accelerator_gradient_accumulation_steps(acc); /* + */
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = steps);
    accelerator_prepare(acc, train, test, model, optimizer, scheduler);

    network narrow_layers;                                                                       /* + */
    accel_module *narrow = network_create(&narrow_layers, 4);                                    /* + */
    accel_optimizer *sgd = accel_sgd(narrow, .lr = 0.5, .momentum = 0.9);                        /* + */
    accel_scheduler *cosine = accel_scheduler_create("cosine", sgd, .num_training_steps = 1000); /* + */
    accelerator_prepare(acc, narrow, sgd, cosine);                                               /* + */

    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, train) {
            accelerator_accumulate(acc, model, narrow) { /* + */
                accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
                accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
                accelerator_backward(acc, loss);
                accel_optimizer_step(optimizer);
                accel_scheduler_step(scheduler);
                accel_optimizer_zero_grad(optimizer);
                accel_tensor *guess = accel_forward(narrow, accel_get(batch, "x"));           /* + */
                accelerator_backward(acc, accel_cross_entropy(guess, accel_get(batch, "y"))); /* + */
                accelerator_clip_grad_norm(acc, narrow, 1.0, 2);                              /* + */
                accel_optimizer_step(sgd);                                                    /* + */
                accel_scheduler_step(cosine);                                                 /* + */
                accel_optimizer_zero_grad(sgd);                                               /* + */
            } /* + */
        }
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    accelerator_print(acc, "narrow model: accuracy %.3f\n", accuracy(acc, narrow, test)); /* + */
    return accelerator_finish(acc);
}
