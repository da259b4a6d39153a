/*
 * Points from a file of JSON Lines: rows become samples in a function of the program's own, and rows that are bad are left out. The
 * main process writes the file first; the others wait for it.
 */
#include "moons.h"

enum { EPOCHS = 4 };

static const char path[] = "moons.jsonl"; /* + */

static void write_points(int64_t count) /* + */
{
    FILE *file = fopen(path, "w");
    srand48(1);
    for (int64_t i = 0; file && i < count; i++) {
        double t = drand48() * 3.14159265, noise = drand48() * 0.2;
        if (i % 100 == 42)
            fprintf(file, "{\"point\": {\"x\": \"lost\"}, \"moon\": 0}\n");
        else
            fprintf(file, "{\"point\": {\"x\": %f, \"y\": %f}, \"moon\": %d}\n",
                    (i % 2 ? 1 - cos(t) : cos(t)) + noise, (i % 2 ? 0.5 - sin(t) : sin(t)) + noise,
                    (int)(i % 2));
    }
    if (!file || fclose(file) != 0)
        accel_error_raise(ACCEL_EIO, "write_points", "%s: cannot be written", path);
}

static accel_dict *point_of(void *user, const accel_record *record) /* + */
{
    (void)user;
    const float x[] = {(float)accel_record_number(record, "point.x"),
                       (float)accel_record_number(record, "point.y")};
    accel_dict *point = accel_dict_create();
    accel_dict_set(point, "x", accel_tensor_copy_from(x, ACCEL_FLOAT32, ACCEL_SHAPE(2)));
    accel_dict_set(point, "y", accel_record_tensor(record, "moon", ACCEL_INT64));
    return point;
}

int main(void)
{
    accelerator *acc = accelerator_create();
    accel_set_seed(42);
    accelerator_on_main_process(acc) /* + */
        write_points(1000);          /* + */
    accelerator_wait_for_everyone(acc);
    accel_dataset *points =
        accel_record_dataset(path, .transform = point_of, .on_bad_lines = ACCEL_BAD_LINES_SKIP); /* + */
    accelerator_print(acc, "%lld points, and %lld bad rows\n", (long long)accel_dataset_length(points),
                      (long long)accel_record_dataset_skipped(points));
    accel_loader *train = accel_loader_create(points, .batch_size = 16, .shuffle = true, .num_workers = 2);
    accel_loader *test = accel_loader_create(moons(250, 2), .batch_size = 16);
    network layers;
    accel_module *model = network_create(&layers, 16);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.02);
    int64_t steps = EPOCHS * accel_loader_length(train);
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
