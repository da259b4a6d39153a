/*
 * Points that come one after another, as from a sensor: process 0 reads for all, and sends the others their batches while they
 * compute. Run with accelerator_create(.dispatch_batches = false) and every process reads, and makes batches of its own part.
 */
#include "moons.h"

enum { EPOCHS = 4 };

typedef struct sensor { /* + */
    unsigned short state[3];
    int64_t left;
} sensor;

static void *begin_reading(void *user, int64_t epoch) /* + */
{
    sensor *s = calloc(1, sizeof *s);
    if (!s)
        return accel_error_raise(ACCEL_ENOMEM, "begin_reading", "no memory for a sensor"), NULL;
    *s = (sensor){.state = {7, 11, (unsigned short)epoch}, .left = *(int64_t *)user};
    return s;
}

static void end_reading(void *user, void *pass) /* + */
{
    (void)user;
    free(pass);
}

static accel_dict *read_point(void *user, void *pass) /* + */
{
    sensor *s = pass;
    (void)user;
    if (s->left-- == 0)
        return NULL;
    double t = erand48(s->state) * 3.14159265, noise = erand48(s->state) * 0.2;
    int64_t moon = s->left % 2;
    const float x[] = {(float)((moon ? 1 - cos(t) : cos(t)) + noise),
                       (float)((moon ? 0.5 - sin(t) : sin(t)) + noise)};
    accel_dict *point = accel_dict_create();
    accel_dict_set(point, "x", accel_tensor_copy_from(x, ACCEL_FLOAT32, ACCEL_SHAPE(2)));
    accel_dict_set(point, "y", accel_scalar((double)moon, ACCEL_INT64));
    return point;
}

int main(void)
{
    accelerator *acc = accelerator_create();
    accel_set_seed(42);
    int64_t count = 1000; /* + */
    accel_dataset *points = accel_iterable_dataset(.begin = begin_reading, .next = read_point,
                                                   .end = end_reading, .user = &count); /* + */
    accel_loader *train = accel_loader_create(points, .batch_size = 16);                /* + */
    accel_loader *test = accel_loader_create(moons(250, 2), .batch_size = 16);
    network layers;
    accel_module *model = network_create(&layers, 16);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.02);
    int64_t steps = EPOCHS * count / 16; /* + */
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
    return accelerator_finish(acc);
}
