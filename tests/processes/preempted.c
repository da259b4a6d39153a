/* Trains until it is asked to end, saves its state, and goes on from there when it is started again: preempted STEPS. Every process
 * writes its number in ready.RANK when it has made 4 steps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <accel/accel.h>

#include "ready.h"

static accel_dict *save_step(void *user)
{
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "step", accel_scalar((double)*(int *)user, ACCEL_INT64));
    return dict;
}

static accel_status load_step(void *user, accel_dict *dict)
{
    *(int *)user = (int)accel_item_integer(accel_get(dict, "step"));
    return accel_error_status();
}

int main(int argc, char **argv)
{
    int step = 0, steps = argc > 1 ? atoi(argv[1]) : 10;
    accelerator *acc = accelerator_create(.project_dir = "run", .automatic_checkpoint_naming = true);
    accel_module *model = accel_linear(4, 1);
    accel_optimizer *optimizer = accel_sgd(model, .lr = 0.1);
    accelerator_prepare(acc, model, optimizer);
    accelerator_register_for_checkpointing(acc, &(accel_checkpointable){"step", &step, save_step, load_step});
    accelerator_watch_preemption(acc);
    if (access("run/checkpoints", F_OK) == 0)
        accelerator_load_state(acc, NULL);
    accelerator_print(acc, "begins at %s\n", step > 0 ? "a later step" : "step 0");
    for (; step < steps && !accel_error_is_set(); step++) {
        accelerator_backward(acc,
                             accel_mean(accel_forward(model, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, 4)))));
        accel_optimizer_step(optimizer);
        accel_optimizer_zero_grad(optimizer);
        if (step == 3)
            say_ready(accelerator_process_index(acc));
        if (accelerator_check_preemption(acc)) {
            step++;
            accelerator_save_state(acc, NULL);
            return accelerator_finish(acc) ? 1 : ACCEL_EXIT_RESUME;
        }
        usleep(1000);
    }
    accelerator_print(acc, "ends at step %d\n", step);
    return accelerator_finish(acc);
}
