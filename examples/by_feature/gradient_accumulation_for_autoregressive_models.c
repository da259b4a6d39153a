/*
 * Steps of four batches whose losses are means of different numbers of items, as of the tokens of sentences: with these numbers the
 * step is that of one big batch, whichever process and batch an item is in. Here a third of the labels counts nothing.
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

    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, train) {
            accelerator_accumulate(acc, model) { /* + */
                accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
                accel_tensor *chance =
                    accel_rand(NULL, ACCEL_SHAPE(accel_tensor_numel(accel_get(batch, "y"))));  /* + */
                chance = accel_to_device(chance, accelerator_device(acc));                     /* + */
                accel_tensor *counts = accel_gt(chance, accel_scalar(1.0 / 3, ACCEL_FLOAT32)); /* + */
                accel_tensor *none = accel_scalar(-100, ACCEL_INT64);                          /* + */
                accel_tensor *labels = accel_where(counts, accel_get(batch, "y"), none);       /* + */
                int64_t items = accel_item_integer(accel_sum(counts));                         /* + */
                accel_tensor *loss = accel_cross_entropy(logits, labels);                      /* + */
                accelerator_backward(acc, loss, .num_items = items);                           /* + */
                accel_optimizer_step(optimizer);
                accel_scheduler_step(scheduler);
                accel_optimizer_zero_grad(optimizer);
            } /* + */
        }
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    return accelerator_finish(acc);
}
