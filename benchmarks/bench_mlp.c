/*
 * A training step of a 32-32-2 network with its loader, timed: the C side of reference_mlp.py.
 *
 *     bench_mlp [batch [samples [epochs [warmup [workers]]]]]
 *
 * Prints one JSON line: median_s is the median over the epochs after the warm-up of an epoch's time, loader included,
 * divided by its steps.
 */
#include <stdio.h>
#include <stdlib.h>

#include <accel/accel.h>

#include "timing.h"

static long argument(int argc, char **argv, int index, long absent)
{
    return argc > index ? strtol(argv[index], NULL, 10) : absent;
}

static accel_dataset *make_dataset(long samples)
{
    accel_tensor *x = accel_randn(NULL, ACCEL_SHAPE(samples, 32));
    accel_tensor *y = accel_to_dtype(accel_gt_scalar(accel_sum_dims(x, ACCEL_SHAPE(1), false), 0), ACCEL_INT64);
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", x);
    accel_dict_set(tensors, "y", y);
    return accel_tensor_dataset(tensors);
}

int main(int argc, char **argv)
{
    long batch_size = argument(argc, argv, 1, 32), samples = argument(argc, argv, 2, 3200);
    long epochs = argument(argc, argv, 3, 20), warmup = argument(argc, argv, 4, 2);
    accelerator *acc = accelerator_create(.cpu = true);
    accel_set_seed(42);
    accel_loader *loader = accel_loader_create(make_dataset(samples), .batch_size = batch_size, .shuffle = true,
                                               .num_workers = (int)argument(argc, argv, 5, -1));
    accel_module *model = accel_sequential(accel_linear(32, 32), accel_relu_module(), accel_linear(32, 2));
    accel_optimizer *optimizer = accel_adamw(model, .lr = 1e-3);
    long steps = accel_loader_length(loader);
    accel_scheduler *scheduler =
        accel_scheduler_create("linear", optimizer, .num_training_steps = (warmup + epochs) * steps);
    accelerator_prepare(acc, loader, model, optimizer, scheduler);

    double *seconds = calloc((size_t)(warmup + epochs), sizeof *seconds), last = 0;
    for (long epoch = 0; seconds && epoch < warmup + epochs; epoch++) {
        double begin = seconds_now();
        accel_for_each (batch, loader) {
            accel_tensor *outputs = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(outputs, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
            last = epoch == warmup + epochs - 1 ? accel_item(loss) : 0;
        }
        seconds[epoch] = (seconds_now() - begin) / (double)steps;
    }
    if (seconds && !accel_error_is_set())
        printf("{\"name\": \"mlp\", \"batch\": %ld, \"median_s\": %.9f, \"loss\": %.9g}\n", batch_size,
               median(seconds + warmup, epochs), last);
    free(seconds);
    return accelerator_finish(acc);
}
