/*
 * Batches of the program's own: the last points of an epoch come in small ones. Their number and sizes may be other ones in each
 * epoch; processes take turns at whole batches.
 */
#include "moons.h"

enum { EPOCHS = 4 };

/* Batches of 32 points, and for the last fifth of 8. */ /* + */
static accel_status add_batches(void *user, int64_t epoch, accel_batch_list *list)
{
    int64_t count = *(int64_t *)user;
    accel_generator *generator = accel_generator_create((uint64_t)epoch);
    const int64_t *order = accel_tensor_data(accel_randperm(generator, count));
    for (int64_t at = 0; order && at < count && !accel_error_is_set();) {
        int64_t size = at < count * 4 / 5 ? 32 : 8;
        size = size < count - at ? size : count - at;
        accel_batch_list_add(list, order + at, (size_t)size);
        at += size;
    }
    return accel_error_status();
}

int main(void)
{
    accelerator *acc = accelerator_create();
    accel_set_seed(42);
    int64_t count = 1000; /* + */
    accel_loader *train =
        accel_loader_create(moons(count, 1), .batches = add_batches, .batches_user = &count); /* + */
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
        if (epoch == 0)                                                                               /* + */
            accelerator_print(acc, "%lld batches are mine\n", (long long)accel_loader_length(train)); /* + */
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    return accelerator_finish(acc);
}
