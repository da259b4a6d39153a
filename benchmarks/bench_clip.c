/*
 * Clipping of 63 million gradients in 120 tensors, timed: the C side of reference_clip.py.
 *
 * Prints one JSON line: norm_s and value_s of a call that changes every element, medians; and what memory needs for the same
 * bytes with as many threads: norm_memory_s to read all once, and to read and write all once, value_memory_s for the latter alone.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <accel/accel.h>

#include "timing.h"

enum { ROUNDS = 7, LAYERS = 60, WIDTH = 1024, THREADS_MAX = 64 };

/* ---- memory ---- */

/* A thread's part of every tensor. */
typedef struct share {
    accel_tensor *const *tensors;
    long part, parts;
    float sum;
} share;

static float *part_of(const share *s, int i, size_t *count)
{
    *count = (size_t)accel_tensor_numel(s->tensors[i]) / (size_t)s->parts;
    return (float *)accel_tensor_data(s->tensors[i]) + (size_t)s->part * *count;
}

static void *read_share(void *argument)
{
    share *s = argument;
    float sums[16] = {0};
    size_t count;
    for (int i = 0; i < 2 * LAYERS; i++) {
        const float *data = part_of(s, i, &count);
        for (size_t at = 0; at + 16 <= count; at += 16)
            for (size_t k = 0; k < 16; k++)
                sums[k] += data[at + k];
    }
    for (int k = 0; k < 16; k++)
        s->sum += sums[k];
    return NULL;
}

static void *write_share(void *argument)
{
    share *s = argument;
    size_t count;
    for (int i = 0; i < 2 * LAYERS; i++) {
        float *data = part_of(s, i, &count);
        for (size_t at = 0; at < count; at++)
            data[at] *= 0.999f;
    }
    return NULL;
}

static double time_pass(void *(*pass)(void *), accel_tensor *const *tensors, long threads)
{
    double begin = seconds_now();
    pthread_t ids[THREADS_MAX];
    share shares[THREADS_MAX];
    for (long t = 0; t < threads; t++) {
        shares[t] = (share){.tensors = tensors, .part = t, .parts = threads};
        if (t > 0)
            pthread_create(&ids[t], NULL, pass, &shares[t]);
    }
    pass(&shares[0]);
    for (long t = 1; t < threads; t++)
        pthread_join(ids[t], NULL);
    return seconds_now() - begin;
}

/* ---- clipping ---- */

static accel_module *make_model(accel_tensor **gradients)
{
    char name[16];
    accel_module *model = accel_module_create(.type = "Layers");
    for (int i = 0; i < LAYERS; i++) {
        snprintf(name, sizeof name, "%d", i);
        accel_module *layer = accel_module_add(model, name, accel_linear(WIDTH, WIDTH));
        gradients[2 * i] = accel_randn(NULL, ACCEL_SHAPE(WIDTH, WIDTH));
        gradients[2 * i + 1] = accel_randn(NULL, ACCEL_SHAPE(WIDTH));
        accel_set_grad(accel_module_tensor(layer, "weight"), gradients[2 * i]);
        accel_set_grad(accel_module_tensor(layer, "bias"), gradients[2 * i + 1]);
    }
    return model;
}

int main(void)
{
    accel_tensor *gradients[2 * LAYERS];
    accelerator *acc = accelerator_create(.cpu = true);
    long cores = sysconf(_SC_NPROCESSORS_ONLN), threads = cores < THREADS_MAX ? cores : THREADS_MAX;
    accel_module *model = make_model(gradients);
    double norms[ROUNDS], values[ROUNDS], reads[ROUNDS], writes[ROUNDS];
    double norm = accelerator_clip_grad_norm(acc, model, 1e9, 2);
    for (int round = 0; round < ROUNDS; round++) {
        double begin = seconds_now();
        norm = accelerator_clip_grad_norm(acc, model, 0.99 * norm, 2) * 0.99;
        norms[round] = seconds_now() - begin;
        begin = seconds_now();
        accelerator_clip_grad_value(acc, model, 10);
        values[round] = seconds_now() - begin;
        reads[round] = time_pass(read_share, gradients, threads);
        writes[round] = time_pass(write_share, gradients, threads);
        norm *= 0.999;
    }
    double read = median(reads, ROUNDS), write = median(writes, ROUNDS);
    if (!accel_error_is_set())
        printf("{\"name\": \"clip\", \"norm_s\": %.9f, \"value_s\": %.9f, \"norm_memory_s\": %.9f, "
               "\"value_memory_s\": %.9f}\n",
               median(norms, ROUNDS), median(values, ROUNDS), read + write, write);
    return accelerator_finish(acc);
}
