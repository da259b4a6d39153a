/*
 * A training step of a sequence classifier, timed: the C side of reference_step.py, with its options and its output.
 *
 *     bench_step --model FOLDER [--batch 32] [--tokens 32] [--steps 10] [--warmup 3]
 *
 * The main process prints one JSON line: median_s of a step after the warm-up, peak_rss_mib of the process, and
 * first_step_s from the moment in $ACCEL_BENCH_START (CLOCK_MONOTONIC, seconds) to the end of the first step, null
 * without it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <accel/accel.h>

#include "classifier.h"
#include "timing.h"

static void print_result(const arguments *a, double *seconds, double first_step, double loss)
{
    const char *start = getenv("ACCEL_BENCH_START");
    char first[32] = "null";
    if (start)
        snprintf(first, sizeof first, "%.6f", first_step - strtod(start, NULL));
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"name\": \"step\", \"batch\": %ld, \"tokens\": %ld, \"median_s\": %.9f, \"first_step_s\": %s, "
           "\"peak_rss_mib\": %.3f, \"loss\": %.9g}\n",
           a->batch, a->tokens, median(seconds + a->warmup, a->steps), first, (double)usage.ru_maxrss / 1024,
           loss);
}

int main(int argc, char **argv)
{
    arguments a = parse(argc, argv);
    long count = a.warmup + a.steps;
    accelerator *acc = accelerator_create(.cpu = true);
    accel_set_seed(42);
    accel_module *model = accel_model_from_pretrained(a.model, .num_labels = 2);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 3e-5);
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = count);
    accelerator_prepare(acc, model, optimizer, scheduler);
    accel_dict *batch = make_batch(a.batch, a.tokens);

    double *seconds = calloc((size_t)count, sizeof *seconds), first_step = 0, loss = 0;
    for (long step = 0; seconds && step < count; step++)
        accel_scoped() {
            double begin = seconds_now();
            accel_dict *outputs = accel_forward(model, batch);
            accelerator_backward(acc, accel_get(outputs, "loss"));
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
            double end = seconds_now();
            seconds[step] = end - begin;
            first_step = step == 0 ? end : first_step;
            loss = accel_item(accel_get(outputs, "loss"));
        }
    if (seconds && !accel_error_is_set() && accelerator_is_main_process(acc))
        print_result(&a, seconds, first_step, loss);
    free(seconds);
    return accelerator_finish(acc);
}
