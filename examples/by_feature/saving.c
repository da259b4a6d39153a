/*
 * The model is saved in several files, loaded into another, and saved for torch.load.
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
    accelerator_save_model(acc, model, "saving", .max_shard_size = "0.2KB");         /* + */
    network fresh_layers;                                                            /* + */
    accel_module *fresh = network_create(&fresh_layers, 16);                         /* + */
    accel_device here = accelerator_device(acc);                                     /* + */
    accel_load_checkpoint_in_model(fresh, "saving", .device = &here);                /* + */
    accelerator_print(acc, "loaded: %.3f\n", accuracy(acc, fresh, test));            /* + */
    accelerator_save(acc, accelerator_get_state_dict(acc, model), "model.pt");       /* + */
    accel_load_state_dict(fresh, accel_load("model.pt"));                            /* + */
    accelerator_print(acc, "from torch's file: %.3f\n", accuracy(acc, fresh, test)); /* + */
    return accelerator_finish(acc);
}
