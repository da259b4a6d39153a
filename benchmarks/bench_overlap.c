/*
 * What averaging the gradients of several processes while backward runs is worth: a training step of a sequence
 * classifier, timed with that and with every gradient reduced by itself once backward has ended.
 *
 *     bench_overlap --model FOLDER [--batch 32] [--tokens 32] [--steps 10] [--warmup 3]
 *
 * Two models of one process take turns, step by step, so that both meet the same machine. The main process prints one
 * JSON line: overlap_s and after_s, the medians of a step after the warm-up.
 */
#include <stdio.h>
#include <stdlib.h>

#include <accel/accel.h>

#include "classifier.h"
#include "timing.h"

/* One of the two models. */
typedef struct training {
    accel_module *model;
    accel_optimizer *optimizer;
    bool prepared; /* the accelerator averages its gradients */
    double *seconds;
} training;

static training start(accelerator *acc, const char *folder, bool prepared, long steps)
{
    accel_set_seed(42);
    training t = {.model = accel_model_from_pretrained(folder, .num_labels = 2), .prepared = prepared};
    t.optimizer = accel_adamw(t.model, .lr = 3e-5);
    accelerator_prepare(acc, t.optimizer);
    if (prepared)
        accelerator_prepare(acc, t.model);
    t.seconds = calloc((size_t)steps, sizeof *t.seconds);
    return t;
}

static void reduce_gradients(accelerator *acc, accel_module *model)
{
    accel_dict *parameters = accel_module_parameters(model);
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        accel_scoped() {
            accel_tensor *parameter = accel_dict_tensor(parameters, i);
            accel_tensor *gradient = accel_grad(parameter);
            if (gradient)
                accel_set_grad(parameter, accelerator_reduce(acc, gradient, .reduction = "mean"));
        }
}

static void take_step(accelerator *acc, training *t, accel_dict *batch, long step)
{
    double begin = seconds_now();
    accel_dict *outputs = accel_forward(t->model, batch);
    accelerator_backward(acc, accel_get(outputs, "loss"));
    if (!t->prepared)
        reduce_gradients(acc, t->model);
    accel_optimizer_step(t->optimizer);
    accel_optimizer_zero_grad(t->optimizer);
    t->seconds[step] = seconds_now() - begin;
}

int main(int argc, char **argv)
{
    arguments a = parse(argc, argv);
    long count = a.warmup + a.steps;
    accelerator *acc = accelerator_create(.cpu = true);
    training overlap = start(acc, a.model, true, count), after = start(acc, a.model, false, count);
    accel_dict *batch = make_batch(a.batch, a.tokens);
    for (long step = 0; overlap.seconds && after.seconds && step < count && !accel_error_is_set(); step++)
        for (int turn = 0; turn < 2; turn++)
            accel_scoped() {
                take_step(acc, (step + turn) % 2 == 0 ? &overlap : &after, batch, step);
            }
    if (overlap.seconds && after.seconds && !accel_error_is_set() && accelerator_is_main_process(acc))
        printf("{\"name\": \"overlap\", \"batch\": %ld, \"tokens\": %ld, \"overlap_s\": %.9f, \"after_s\": "
               "%.9f}\n",
               a.batch, a.tokens, median(overlap.seconds + a.warmup, a.steps),
               median(after.seconds + a.warmup, a.steps));
    free(overlap.seconds);
    free(after.seconds);
    return accelerator_finish(acc);
}
