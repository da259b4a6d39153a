/*
 * Where things are: prepared ones on the device of the process, a GPU or the CPU, what the program makes on the CPU.
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
    accel_device device = accelerator_device(acc);                                                /* + */
    const float weight_of_moon[] = {1, 3};                                                        /* + */
    accel_tensor *weight = accel_tensor_copy_from(weight_of_moon, ACCEL_FLOAT32, ACCEL_SHAPE(2)); /* + */
    weight = accel_to_device(weight, device);                                                     /* + */

    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"), .weight = weight); /* + */
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
        }
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    accel_tensor *bias = accel_module_tensor(model, "output.bias");                              /* + */
    const bool is_there = accel_device_is(accel_tensor_device(bias), device);                    /* + */
    const float *values = accel_tensor_data(accel_to_device(bias, accel_device_cpu()));          /* + */
    accelerator_print(acc, "on %s: %s, a bias of %.2f\n", accel_device_name(device),             /* + */
                      is_there ? "trained there" : "trained elsewhere", values ? values[0] : 0); /* + */
    return accelerator_finish(acc);
}
