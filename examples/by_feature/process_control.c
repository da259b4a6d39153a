/*
 * Which process does what: some print, one writes, the first goes ahead, and work is shared out.
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

    accelerator_on_main_process(acc) /* + */
        printf("main process, %d of %d\n", accelerator_process_index(acc),
               accelerator_num_processes(acc));    /* + */
    accelerator_on_local_main_process(acc)         /* + */
        printf("first process of this machine\n"); /* + */
    accelerator_on_last_process(acc)               /* + */
        printf("last process\n");                  /* + */
    accelerator_on_process(acc, 1)                 /* + */
        printf("process 1\n");                     /* + */
    accelerator_main_process_first(acc) {          /* + */
        if (accelerator_is_main_process(acc))      /* + */
            printf("the others wait for this\n");  /* + */
    } /* + */
    int64_t begin = 0, end = 0;                                                                       /* + */
    accelerator_split_range(acc, 7, &begin, &end);                                                    /* + */
    accel_tensor *shares = accelerator_gather(acc, accel_scalar((double)(end - begin), ACCEL_INT64)); /* + */
    accelerator_print(acc, "seven things are shared out: %lld\n",
                      (long long)accel_item_integer(accel_sum(shares))); /* + */

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
    accelerator_wait_for_everyone(acc);                                                    /* + */
    accelerator_on_main_process(acc)                                                       /* + */
        accel_save(accelerator_get_state_dict(acc, model), "process_control.safetensors"); /* + */
    return accelerator_finish(acc);
}
