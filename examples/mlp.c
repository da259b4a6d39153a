/*
 * A model of one's own: a multi-layer perceptron that learns to read handwritten digits.
 *
 *     mlp build/data/digits.tsv
 *
 * Each row of the file is an 8×8 image, 64 numbers from 0 to 16, and the digit it shows. Every fifth row is held out.
 */
#include <stdio.h>
#include <stdlib.h>

#include <accel/accel.h>

enum { PIXELS = 64, DIGITS = 10 };

/* The layers, and how an image goes through them. */
typedef struct mlp {
    accel_module *fc1, *fc2, *dropout;
} mlp;

static accel_tensor *mlp_forward(accel_module *self, accel_tensor *x, void *user)
{
    (void)self;
    mlp *m = user;
    x = accel_relu(accel_forward(m->fc1, x));
    return accel_forward(m->fc2, accel_forward(m->dropout, x));
}

/* The rows of the file, either the held-out ones or the others, as tensors x: (N, 64) and y: (N). */
static accel_dataset *read_digits(accel_table *table, bool held_out)
{
    int64_t rows = accel_table_rows(table), count = 0;
    if (accel_error_is_set())
        return NULL;
    accel_tensor *x = accel_empty(ACCEL_FLOAT32, ACCEL_SHAPE(rows, PIXELS));
    accel_tensor *y = accel_empty(ACCEL_INT64, ACCEL_SHAPE(rows));
    float *pixels = accel_tensor_data(x);
    int64_t *digits = accel_tensor_data(y);
    for (int64_t row = 0; row < rows && !accel_error_is_set(); row++) {
        if ((row % 5 == 0) != held_out)
            continue;
        for (int64_t i = 0; i < PIXELS; i++)
            pixels[count * PIXELS + i] = (float)(accel_table_number(table, row, i) / 16);
        double digit = accel_table_number(table, row, PIXELS);
        if (!accel_error_is_set())
            digits[count++] = (int64_t)digit;
    }
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", accel_narrow(x, 0, 0, count));
    accel_dict_set(tensors, "y", accel_narrow(y, 0, 0, count));
    return accel_tensor_dataset(tensors);
}

static double accuracy(accelerator *acc, accel_module *model, accel_loader *loader)
{
    int64_t correct = 0, samples = 0;
    accel_eval(model);
    accel_for_each (batch, loader) {
        accel_no_grad() {
            accel_tensor *guess = accel_argmax(accel_forward(model, accel_get(batch, "x")), 1, false);
            guess = accelerator_gather_for_metrics(acc, guess);
            accel_tensor *truth = accelerator_gather_for_metrics(acc, accel_get(batch, "y"));
            correct += accel_item_integer(accel_sum(accel_eq(guess, truth)));
            samples += accel_tensor_numel(truth);
        }
    }
    return samples > 0 ? (double)correct / (double)samples : 0;
}

int main(int argc, char **argv)
{
    accelerator *acc = accelerator_create();
    accel_set_seed(42);
    accel_table *table = accel_table_read(argc > 1 ? argv[1] : "build/data/digits.tsv");
    int epochs = argc > 2 ? atoi(argv[2]) : 20;
    accel_loader *train = accel_loader_create(read_digits(table, false), .batch_size = 32, .shuffle = true);
    accel_loader *test = accel_loader_create(read_digits(table, true), .batch_size = 100);

    mlp m;
    accel_module *model = accel_module_create(.type = "MLP", .forward = mlp_forward, .user = &m);
    m.fc1 = accel_module_add(model, "fc1", accel_linear(PIXELS, 64));
    m.fc2 = accel_module_add(model, "fc2", accel_linear(64, DIGITS));
    m.dropout = accel_module_add(model, "dropout", accel_dropout(0.1));
    accel_optimizer *optimizer = accel_adamw(model, .lr = 3e-3);
    accelerator_prepare(acc, train, test, model, optimizer);

    for (int epoch = 0; epoch < epochs && !accel_error_is_set(); epoch++) {
        double total = 0;
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_optimizer_zero_grad(optimizer);
            total += accel_item(loss);
        }
        double mean = total / (double)accel_loader_length(train), right = accuracy(acc, model, test);
        accelerator_print(acc, "epoch %2d: loss %.4f, accuracy on held-out digits %.4f\n", epoch, mean, right);
    }
    return accelerator_finish(acc);
}
