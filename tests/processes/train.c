/* A training loop over several processes in which one of them does something else at some step.
 *
 *     train STEPS [RANK STEP ACTION]
 *
 * Between the micro-batches of a step, $ACCELERATE_GRADIENT_ACCUMULATION_STEPS of them, nobody waits for anybody.
 * Every process writes ready.RANK when it has made 3 steps. Process 0 prints how many samples the last epoch's evaluation saw.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <accel/accel.h>

#include "ready.h"

/* A leave is the program's way out of its loop: true. */
static bool act(accelerator *acc, const char *action)
{
    if (strcmp(action, "exit7") == 0)
        exit(7);
    else if (strcmp(action, "abort") == 0)
        abort();
    else if (strcmp(action, "stop") == 0)
        raise(SIGSTOP);
    else if (strcmp(action, "sleep") == 0)
        sleep(1000);
    else if (strcmp(action, "fail") == 0)
        accel_table_read("no/such/file.tsv");
    else if (strcmp(action, "shape") == 0)
        accelerator_gather(acc, accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(3)));
    else if (strcmp(action, "dtype") == 0)
        accelerator_gather(acc, accel_zeros(ACCEL_INT64, ACCEL_SHAPE(2)));
    else if (strcmp(action, "barrier") == 0)
        accelerator_wait_for_everyone(acc);
    return strcmp(action, "leave") == 0;
}

static accel_loader *make_loader(int64_t samples)
{
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(samples, 4)));
    return accel_loader_create(accel_tensor_dataset(tensors), .batch_size = 2, .shuffle = true);
}

int main(int argc, char **argv)
{
    long steps = argc > 1 ? atol(argv[1]) : 10;
    long samples = getenv("SAMPLES") ? atol(getenv("SAMPLES")) : 9;
    const char *early = getenv("FAIL_EARLY"); /* the rank that fails before it joins the others */
    if (early && getenv("RANK") && strcmp(early, getenv("RANK")) == 0)
        accel_table_read("no/such/file.tsv");
    accelerator *acc = accelerator_create(.cpu = true);
    int rank = accelerator_process_index(acc);
    accel_module *model = accel_linear(4, 2);
    accel_optimizer *optimizer = accel_adamw(model);
    accel_loader *loader = make_loader(samples);
    accelerator_prepare(acc, loader, model, optimizer);
    int64_t seen = 0;
    bool leaves = false;
    for (long step = 0; step < steps && !leaves && !accel_error_is_set();) {
        seen = 0;
        accel_for_each (batch, loader) {
            accelerator_accumulate(acc, model) {
                accelerator_backward(acc, accel_mean(accel_forward(model, accel_get(batch, "x"))));
                accel_optimizer_step(optimizer);
                accel_optimizer_zero_grad(optimizer);
            }
            step++;
            if (step == 3)
                say_ready(rank);
            leaves = argc > 4 && rank == atoi(argv[2]) && step == atol(argv[3]) && act(acc, argv[4]);
            if (leaves)
                break;
            if (!accelerator_sync_gradients(acc))
                continue;
            accelerator_gather(acc, accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
            accel_tensor *rows = accelerator_gather_for_metrics(acc, accel_get(batch, "x"));
            seen += accel_tensor_size(rows, 0);
            usleep(2000);
        }
    }
    if (!leaves)
        accelerator_wait_for_everyone(acc);
    if (accelerator_is_main_process(acc) && !leaves)
        accelerator_print(acc, "%lld samples\n", (long long)seen);
    return accelerator_finish(acc);
}
