/* What the programs of this folder train: a small network that tells two half-moons of points apart. */
#ifndef MOONS_H
#define MOONS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <accel/accel.h>

/* Points x: (count, 2), float32, and the moon that each is of, y: (count), int64, the same ones for a seed. */
static inline accel_dataset *moons(int64_t count, uint64_t seed)
{
    accel_generator *generator = accel_generator_create(seed);
    accel_tensor *angles = accel_rand(generator, ACCEL_SHAPE(count));
    accel_tensor *x = accel_mul_scalar(accel_randn(generator, ACCEL_SHAPE(count, 2)), 0.1);
    accel_tensor *y = accel_empty(ACCEL_INT64, ACCEL_SHAPE(count));
    const float *angle = accel_tensor_data(angles);
    float *point = accel_tensor_data(x);
    int64_t *moon = accel_tensor_data(y);
    for (int64_t i = 0; i < count && !accel_error_is_set(); i++) {
        float t = angle[i] * 3.14159265f;
        moon[i] = i % 2;
        point[2 * i] += moon[i] ? 1 - cosf(t) : cosf(t);
        point[2 * i + 1] += moon[i] ? 0.5f - sinf(t) : sinf(t);
    }
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", x);
    accel_dict_set(tensors, "y", y);
    return accel_tensor_dataset(tensors);
}

typedef struct network {
    accel_module *hidden, *output;
} network;

static inline accel_tensor *network_forward(accel_module *self, accel_tensor *x, void *user)
{
    const network *n = user;
    (void)self;
    return accel_forward(n->output, accel_tanh(accel_forward(n->hidden, x)));
}

/* The module, whose layers are kept in *n. */
static inline accel_module *network_create(network *n, int64_t width)
{
    accel_module *model = accel_module_create(.type = "Network", .forward = network_forward, .user = n);
    n->hidden = accel_module_add(model, "hidden", accel_linear(2, width));
    n->output = accel_module_add(model, "output", accel_linear(width, 2));
    return model;
}

/* The part of the points that the model sees in the right moon, over all processes. */
static inline double accuracy(accelerator *acc, accel_module *model, accel_loader *loader)
{
    int64_t right = 0, count = 0;
    accel_eval(model);
    accel_for_each (batch, loader) {
        accel_no_grad() {
            accel_tensor *guess = accel_argmax(accel_forward(model, accel_get(batch, "x")), 1, false);
            guess = accelerator_gather_for_metrics(acc, guess);
            accel_tensor *truth = accelerator_gather_for_metrics(acc, accel_get(batch, "y"));
            right += accel_item_integer(accel_sum(accel_eq(guess, truth)));
            count += accel_tensor_numel(truth);
        }
    }
    return count > 0 ? (double)right / (double)count : (double)NAN;
}

#endif
