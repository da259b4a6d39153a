/*
 * A second model that is only evaluated: the moving average of the one that is trained. Each process has its own, nothing of
 * it is averaged over the processes, and forwards are as a prepared model's.
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

    network average_layers;                                                                    /* + */
    accel_module *average = network_create(&average_layers, 16);                               /* + */
    accel_load_state_dict(average, accelerator_get_state_dict(acc, model));                    /* + */
    accelerator_prepare_model(acc, average, .evaluation_mode = true);                          /* + */
    accel_dict *to = accel_module_parameters(average), *from = accel_module_parameters(model); /* + */

    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_no_grad() {                                     /* + */
                for (size_t i = 0; i < accel_dict_count(to); i++) /* + */
                    accel_op("aten::lerp_.Scalar", accel_dict_tensor(to, i), accel_dict_tensor(from, i),
                             0.05); /* + */
            } /* + */
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
        }
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    accelerator_print(acc, "average of the last steps: accuracy %.3f\n", accuracy(acc, average, test)); /* + */
    return accelerator_finish(acc);
}
