/*
 * Gradients on their way to the other processes: as float16 numbers, or as the argument says, "no", "bf16", "power_sgd" or
 * "batched_power_sgd".
 */
#include "moons.h"

enum { EPOCHS = 4 };

int main(int argc, char **argv) /* + */
{
    accel_data_parallel_options parallel = accel_data_parallel_options_default(); /* + */
    accel_power_sgd_options power_sgd = accel_power_sgd_options_default();        /* + */
    power_sgd.start_power_sgd_iter = 10;                                          /* + */
    const char *hook = argc > 1 ? argv[1] : "fp16";                               /* + */
    if (!accel_comm_hook_find(hook, &parallel.comm_hook))                         /* + */
        return fprintf(stderr, "there is no hook \"%s\"\n", hook), 2;             /* + */
    if (strstr(hook, "power_sgd"))                                                /* + */
        parallel.power_sgd = &power_sgd;                                          /* + */
    accelerator *acc = accelerator_create(.data_parallel = &parallel);            /* + */
    accel_set_seed(42);
    accel_loader *train = accel_loader_create(moons(1000, 1), .batch_size = 16, .shuffle = true);
    accel_loader *test = accel_loader_create(moons(250, 2), .batch_size = 16);
    network layers;
    accel_module *model = network_create(&layers, 16);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.02);
    int64_t steps = EPOCHS * accel_loader_length(train);
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = steps);
    accelerator_prepare(acc, train, test, model, optimizer, scheduler);

    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
        }
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    accelerator_print(acc, "gradients travelled as %s\n", accel_comm_hook_name(parallel.comm_hook)); /* + */
    return accelerator_finish(acc);
}
