/*
 * Calls that all processes make together, timed: the C side of reference_collective.py. Shapes, dtypes and calls are compared
 * before anything is done, in every one of them.
 *
 * The main process prints one JSON line: seconds of a call, medians: gather_s and reduce_s of one number, gather_large_s and
 * reduce_large_s of a MiB, barrier_s.
 */
#include <stdio.h>

#include <accel/accel.h>

#include "timing.h"

enum { ROUNDS = 9, LARGE = 1 << 18 };

typedef enum kind { GATHER, REDUCE, BARRIER } kind;

static double time_call(accelerator *acc, kind which, accel_tensor *tensor, int calls)
{
    double seconds[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        accelerator_wait_for_everyone(acc);
        double begin = seconds_now();
        for (int i = 0; i < calls; i++)
            accel_scoped() {
                if (which == GATHER)
                    accelerator_gather(acc, tensor);
                else if (which == REDUCE)
                    accelerator_reduce(acc, tensor);
                else
                    accelerator_wait_for_everyone(acc);
            }
        seconds[round] = (seconds_now() - begin) / calls;
    }
    return median(seconds, ROUNDS);
}

int main(void)
{
    accelerator *acc = accelerator_create(.cpu = true);
    accel_tensor *one = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1));
    accel_tensor *many = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(LARGE));
    double gather = time_call(acc, GATHER, one, 300), reduce = time_call(acc, REDUCE, one, 300);
    double gather_large = time_call(acc, GATHER, many, 20), reduce_large = time_call(acc, REDUCE, many, 20);
    double barrier = time_call(acc, BARRIER, NULL, 300);
    accelerator_on_main_process(acc)
        printf("{\"name\": \"collective\", \"gather_s\": %.9f, \"reduce_s\": %.9f, \"gather_large_s\": %.9f, "
               "\"reduce_large_s\": %.9f, \"barrier_s\": %.9f}\n",
               gather, reduce, gather_large, reduce_large, barrier);
    return accelerator_finish(acc);
}
