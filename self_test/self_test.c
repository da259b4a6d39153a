/* What accelerate test launches: what training programs do with the library, in small, and whether it comes out right.
 *
 *     self_test            one line for each part; ends with 1 if one of them is wrong
 *     self_test versions   what accelerate env shows of the library
 */
#define _GNU_SOURCE
#include <ftw.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <accel/accel.h>

enum { SAMPLES = 22, FEATURES = 4, BATCH = 3, EPOCHS = 8, FOLDER_MAX = 1024 };

/* One part of it: prints what it is, and whether it works in all processes. */
static bool report(accelerator *acc, const char *what, bool works)
{
    accel_tensor *failures = accelerator_reduce(acc, accel_scalar(works ? 0 : 1, ACCEL_FLOAT32));
    bool all = accel_item(failures) == 0;
    accelerator_print(acc, "%-28s %s\n", what, all ? "works" : "FAILS");
    return all;
}

static bool test_collectives(accelerator *acc)
{
    const int rank = accelerator_process_index(acc), count = accelerator_num_processes(acc);
    accel_tensor *own = accel_full(rank + 1.0, ACCEL_FLOAT32, ACCEL_SHAPE(2));
    accel_tensor *all = accelerator_gather(acc, own), *sum = accelerator_reduce(acc, own);
    bool good = accel_tensor_size(all, 0) == 2 * count && accel_item(accel_sum(sum)) == count * (count + 1.0);
    for (int i = 0; i < count; i++)
        good = good && accel_item(accel_select(all, 0, 2 * i)) == i + 1;
    accelerator_broadcast(acc, own, count - 1);
    return good && accel_item(accel_sum(own)) == 2.0 * count && accelerator_wait_for_everyone(acc) == ACCEL_OK;
}

/* Points and a straight line through them. */
static accel_dataset *make_data(void)
{
    accel_set_seed(7);
    accel_tensor *x = accel_randn(NULL, ACCEL_SHAPE(SAMPLES, FEATURES));
    accel_dict *columns = accel_dict_create();
    accel_dict_set(columns, "x", x);
    accel_dict_set(columns, "y", accel_add(accel_sum_dims(x, (const int64_t[]){1}, 1, true), accel_scalar(0.5, ACCEL_FLOAT32)));
    return accel_tensor_dataset(columns);
}

typedef struct training {
    accel_module *model;
    accel_optimizer *optimizer;
    accel_scheduler *scheduler;
    accel_loader *loader;
} training;

static training prepare(accelerator *acc)
{
    training t = {.loader = accel_loader_create(make_data(), .batch_size = BATCH, .shuffle = true)};
    accel_set_seed(1);
    t.model = accel_linear(FEATURES, 1);
    t.optimizer = accel_adamw(t.model, .lr = 0.1);
    t.scheduler = accel_scheduler_create("constant", t.optimizer);
    accelerator_prepare(acc, t.loader, t.model, t.optimizer, t.scheduler);
    return t;
}

/* Every sample comes once, and nothing is left of what evens batches out. */
static bool test_shares(accelerator *acc, const training *t)
{
    int64_t seen = 0;
    accel_for_each (batch, t->loader)
        seen += accel_tensor_size(accelerator_gather_for_metrics(acc, accel_get(batch, "y")), 0);
    return seen == SAMPLES;
}

static double train(accelerator *acc, const training *t)
{
    double loss = NAN;
    for (int epoch = 0; epoch < EPOCHS; epoch++)
        accel_for_each (batch, t->loader)
            accelerator_accumulate(acc, t->model) {
                accel_tensor *error = accel_mse_loss(accel_forward(t->model, accel_get(batch, "x")), accel_get(batch, "y"));
                accelerator_backward(acc, error);
                if (accelerator_sync_gradients(acc))
                    accelerator_clip_grad_norm(acc, t->model, 100, 2);
                accel_optimizer_step(t->optimizer);
                accel_scheduler_step(t->scheduler);
                accel_optimizer_zero_grad(t->optimizer);
                loss = accel_item(error);
            }
    return loss;
}

/* All processes have the same parameters. */
static bool test_agreement(accelerator *acc, const training *t)
{
    accel_tensor *own = accel_detach(accel_module_tensor(t->model, "weight"));
    accel_tensor *mean = accelerator_reduce(acc, own, .reduction = "mean");
    return accel_item(accel_sum(accel_abs(accel_sub(own, mean)))) < 1e-5;
}

/* The main process makes it, and all know its name. */
static bool make_folder(accelerator *acc, char folder[FOLDER_MAX])
{
    const char *parent = getenv("TMPDIR");
    memset(folder, 0, FOLDER_MAX);
    if (accelerator_is_main_process(acc)) {
        snprintf(folder, FOLDER_MAX, "%s/accel_self_test_XXXXXX", parent && *parent ? parent : "/tmp");
        if (!mkdtemp(folder)) {
            strcpy(folder, "/tmp/accel_self_test_XXXXXX");
            if (!mkdtemp(folder))
                folder[0] = '\0';
        }
    }
    accel_tensor *name = accel_tensor_wrap(folder, ACCEL_UINT8, ACCEL_SHAPE(FOLDER_MAX));
    return accelerator_broadcast(acc, name, 0) == ACCEL_OK && folder[0];
}

static int remove_item(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static bool test_state(accelerator *acc, const training *t)
{
    char folder[FOLDER_MAX];
    if (!make_folder(acc, folder))
        return false;
    accel_tensor *before = accel_clone(accel_detach(accel_module_tensor(t->model, "weight")));
    bool good = accelerator_save_state(acc, folder) == ACCEL_OK;
    train(acc, t);
    good = accelerator_load_state(acc, folder) == ACCEL_OK && good;
    accel_tensor *after = accel_detach(accel_module_tensor(t->model, "weight"));
    good = good && accel_item(accel_sum(accel_abs(accel_sub(after, before)))) == 0;
    accelerator_wait_for_everyone(acc);
    accelerator_on_main_process(acc) {
        nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
    }
    return good;
}

static bool test_precision(accelerator *acc, const training *t)
{
    bool good = false;
    accel_for_each (batch, t->loader) {
        accelerator_autocast(acc) {
            good = accel_item(accel_mse_loss(accel_forward(t->model, accel_get(batch, "x")), accel_get(batch, "y"))) < 1;
        }
    }
    return good;
}

static int test_all(void)
{
    accelerator *acc = accelerator_create(.data_seed = 3);
    accelerator_print(acc, "%d processes, mixed_precision %s, on %s\n", accelerator_num_processes(acc),
                      accel_mixed_precision_name(accelerator_mixed_precision(acc)), accel_device_name(accelerator_device(acc)));
    bool good = report(acc, "collective calls", test_collectives(acc));
    training t = prepare(acc);
    good = report(acc, "shares of the data", test_shares(acc, &t)) && good;
    good = report(acc, "training", train(acc, &t) < 0.5) && good;
    good = report(acc, "gradients of all", test_agreement(acc, &t)) && good;
    good = report(acc, "autocast", test_precision(acc, &t)) && good;
    good = report(acc, "saving and going on", test_state(acc, &t)) && good;
    return accelerator_finish(acc) || !good;
}

static int print_versions(void)
{
    printf("libaccel version: %s\nPyTorch version: %s\nGPUs that libtorch sees: %d\n", accel_version(), accel_torch_version(),
           accel_device_count(ACCEL_CUDA));
    for (int i = 0; i < accel_device_count(ACCEL_CUDA); i++) {
        int64_t unused = 0, total = 0;
        accel_device_memory(accel_device_cuda(i), &unused, &total);
        printf("GPU %d: %.1f GB\n", i, (double)total / (1 << 30));
    }
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "versions") == 0 ? print_versions() : test_all();
}
