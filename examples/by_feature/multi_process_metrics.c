/*
 * A metric over all processes that is more than a sum: every sample once, in order, though the last batches are filled up with
 * samples of the beginning.
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
    int64_t confusion[2][2] = {{0}};                /* + */
    accel_for_each (batch, test) {                  /* + */
        accel_no_grad() {                           /* + */
            accel_dict *both = accel_dict_create(); /* + */
            accel_dict_set(both, "guess",
                           accel_argmax(accel_forward(model, accel_get(batch, "x")), 1, false)); /* + */
            accel_dict_set(both, "truth", accel_get(batch, "y"));                                /* + */
            both = accelerator_gather_for_metrics_dict(acc, both);                               /* + */
            both = accel_dict_to_device(both, accel_device_cpu());                               /* + */
            const int64_t *guess = accel_tensor_data(accel_get(both, "guess"));                  /* + */
            const int64_t *truth = accel_tensor_data(accel_get(both, "truth"));                  /* + */
            for (int64_t i = 0; i < accel_tensor_numel(accel_get(both, "truth")); i++)           /* + */
                confusion[truth[i]][guess[i]]++;                                                 /* + */
        } /* + */
    } /* + */
    accelerator_print(acc, "first moon: %lld of %lld, second moon: %lld of %lld\n",
                      (long long)confusion[0][0],                                                 /* + */
                      (long long)(confusion[0][0] + confusion[0][1]), (long long)confusion[1][1], /* + */
                      (long long)(confusion[1][0] + confusion[1][1]));                            /* + */
    return accelerator_finish(acc);
}
