/*
 * Forwards in bfloat16, or what accelerate launch --mixed_precision says: no, fp16, bf16. Parameters and outputs are float32; fp16 scales
 * losses, and skips steps whose gradients are not finite.
 */
#include "moons.h"

enum { EPOCHS = 4 };

int main(void)
{
    accelerator *acc =
        accelerator_create(.mixed_precision = getenv("ACCELERATE_MIXED_PRECISION") ? ACCEL_PRECISION_UNSET
                                                                                   : ACCEL_BF16); /* + */
    accel_set_seed(42);
    accel_loader *train = accel_loader_create(moons(1000, 1), .batch_size = 16, .shuffle = true);
    accel_loader *test = accel_loader_create(moons(250, 2), .batch_size = 16);
    network layers;
    accel_module *model = network_create(&layers, 16);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.02);
    int64_t steps = EPOCHS * accel_loader_length(train);
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = steps);
    accelerator_prepare(acc, train, test, model, optimizer, scheduler);

    int skipped = 0; /* + */
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            skipped += accelerator_optimizer_step_was_skipped(acc); /* + */
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
        }
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    accelerator_autocast(acc) {                                                         /* + */
        accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2));                 /* + */
        x = accel_to_device(x, accelerator_device(acc));                                /* + */
        accel_tensor *y = accel_forward(layers.hidden, x);                              /* + */
        accelerator_print(acc, "%s: products are %s, %d steps were skipped\n",          /* + */
                          accel_mixed_precision_name(accelerator_mixed_precision(acc)), /* + */
                          accel_dtype_name(accel_tensor_dtype(y)), skipped);            /* + */
    } /* + */
    return accelerator_finish(acc);
}
