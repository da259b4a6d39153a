/*
 * Weights and states of a classifier with its optimizer, to the disk and back, timed: the C side of reference_state.py.
 *
 *     bench_state --model FOLDER
 *
 * Prints one JSON line, medians: save_model_s and save_shards_s, in one file and in four; load_checkpoint_s and load_shards_s, of
 * these into a model; save_state_s and load_state_s; async_stop_s, for which training stops when a thread writes, and async_s, until
 * it has written. Everything that is saved is on the disk then. copy_s: what cp takes for the state, and copy_synced_s with its sync.
 */
#include <stdio.h>
#include <unistd.h>

#include "classifier.h"
#include "timing.h"

enum { ROUNDS = 5 };

static const char folder[] = "state", weights[] = "weights", shards[] = "shards";

typedef struct fixture {
    accelerator *acc;
    accel_module *model;
    const char *saved; /* of what is loaded */
} fixture;

static void save_model(fixture *f) { accelerator_save_model(f->acc, f->model, weights); }
static void save_shards(fixture *f)
{
    accelerator_save_model(f->acc, f->model, shards, .max_shard_size = "30MB");
}
static void load_checkpoint(fixture *f) { accel_load_checkpoint_in_model(f->model, f->saved); }
static void save_state(fixture *f) { accelerator_save_state(f->acc, folder); }
static void save_state_async(fixture *f) { accelerator_save_state(f->acc, folder, .async = true); }
static void load_state(fixture *f) { accelerator_load_state(f->acc, folder); }
static void copy(fixture *f) { (void)f, (void)!system("rm -rf copy && cp -r state copy"); }
static void copy_synced(fixture *f)
{
    (void)f, (void)!system("rm -rf copy && cp -r state copy && sync copy/*");
}

static double measure(void (*call)(fixture *f), fixture *f, void (*settle)(fixture *f), double *settled)
{
    double times[ROUNDS], ends[ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
        double begin = seconds_now();
        call(f);
        double end = seconds_now();
        if (settle)
            settle(f);
        if (round < 0)
            continue;
        times[round] = end - begin;
        ends[round] = seconds_now() - begin;
    }
    if (settled)
        *settled = median(ends, ROUNDS);
    return median(times, ROUNDS);
}

static void settle(fixture *f) { accelerator_wait_for_save_state(f->acc); }

/* One step, so that the optimizer has a state. */
static void train(fixture *f, accel_optimizer *optimizer)
{
    accel_scoped() {
        accel_dict *outputs = accel_forward(f->model, make_batch(2, 16));
        accelerator_backward(f->acc, accel_get(outputs, "loss"));
        accel_optimizer_step(optimizer);
        accel_optimizer_zero_grad(optimizer);
    }
}

static void print(const char *name, double seconds, const char *end)
{
    printf("\"%s\": %.9f%s", name, seconds, end);
}

int main(int argc, char **argv)
{
    arguments a = parse(argc, argv);
    char place[] = "/tmp/bench_state_XXXXXX", command[64];
    fixture f = {.acc = accelerator_create(.cpu = true)};
    f.model = accel_model_from_pretrained(a.model, .num_labels = 2);
    accel_optimizer *optimizer = accel_adamw(f.model, .lr = 3e-5);
    accelerator_prepare(f.acc, f.model, optimizer);
    train(&f, optimizer);
    if (!mkdtemp(place) || chdir(place) != 0)
        return 1;
    double async = 0, values[10] = {
                          measure(save_model, &f, NULL, NULL),
                          measure(save_shards, &f, NULL, NULL),
                          (f.saved = weights, measure(load_checkpoint, &f, NULL, NULL)),
                          (f.saved = shards, measure(load_checkpoint, &f, NULL, NULL)),
                          measure(save_state, &f, NULL, NULL),
                          measure(load_state, &f, NULL, NULL),
                          measure(save_state_async, &f, settle, &async),
                          measure(copy, &f, NULL, NULL),
                          measure(copy_synced, &f, NULL, NULL),
                      };
    static const char *const names[] = {"save_model_s",  "save_shards_s", "load_checkpoint_s",
                                        "load_shards_s", "save_state_s",  "load_state_s",
                                        "async_stop_s",  "copy_s",        "copy_synced_s"};
    printf("{\"name\": \"state\", ");
    for (int i = 0; i < 9; i++)
        print(names[i], values[i], ", ");
    print("async_s", async, "}\n");
    snprintf(command, sizeof command, "rm -rf %s", place);
    (void)!system(command);
    return accelerator_finish(f.acc);
}
