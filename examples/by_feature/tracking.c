/*
 * What a run was given and what it reached, for TensorBoard (tensorboard --logdir tracking), as lines of JSON and as a table.
 */
#include "moons.h"

enum { EPOCHS = 4 };

int main(void)
{
    accelerator *acc = accelerator_create(.log_with = "all", .project_dir = "tracking"); /* + */
    accel_set_seed(42);
    accel_loader *train = accel_loader_create(moons(1000, 1), .batch_size = 16, .shuffle = true);
    accel_loader *test = accel_loader_create(moons(250, 2), .batch_size = 16);
    network layers;
    accel_module *model = network_create(&layers, 16);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.02);
    int64_t steps = EPOCHS * accel_loader_length(train);
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = steps);
    accelerator_prepare(acc, train, test, model, optimizer, scheduler);

    accelerator_init_trackers(acc, "moons",
                              ACCEL_LOG_VALUES({"lr", 0.02}, {"schedule", .text = "linear"})); /* + */
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        double total_loss = 0; /* + */
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            total_loss += accel_item(loss); /* + */
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
        }
        double train_loss = total_loss / (double)accel_loader_length(train); /* + */
        double reached = accuracy(acc, model, test);                         /* + */
        accelerator_log(acc, ACCEL_LOG_VALUES({"train_loss", train_loss}, {"accuracy", reached}),
                        .step = epoch);                                      /* + */
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, reached); /* + */
    }
    accelerator_end_training(acc); /* + */
    return accelerator_finish(acc);
}
