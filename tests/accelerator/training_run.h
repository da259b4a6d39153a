/* A training with all that has a state: shuffled batches, dropout, running means, accumulation, momentum, a schedule, two models. What
 * it does in each micro-batch is a number, its loss, which must be the same bits when it goes on from a state. */
#ifndef TESTS_ACCELERATOR_TRAINING_RUN_H
#define TESTS_ACCELERATOR_TRAINING_RUN_H

#include <sys/stat.h>

#include "ranks.h"

enum { RUN_SAMPLES = 23, RUN_FEATURES = 6, RUN_BATCH = 2, RUN_EPOCHS = 2, RUN_STEPS_MAX = 32, RUN_RANKS = 2 };

typedef struct training_run {
    accelerator *acc;
    accel_module *model, *body, *drop, *head, *other;
    accel_optimizer *optimizer, *second;
    accel_scheduler *scheduler;
    accel_loader *loader;
    int64_t seen;         /* micro-batches, as a registered object */
    double total;         /* of their losses */
    int64_t local;        /* steps that each process trains by itself; 0: none */
    const char *schedule; /* NULL: "cosine" */
    bool tied;            /* the model has one of its weights under a second name, too */
} training_run;

static inline accel_tensor *run_forward(accel_module *self, accel_tensor *x, void *user)
{
    const training_run *r = user;
    (void)self;
    x = accel_forward(r->drop, accel_tanh(accel_forward(r->body, x)));
    return accel_forward(r->head, x);
}

static inline accel_dict *run_state(void *user)
{
    const training_run *r = user;
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "seen", accel_tensor_copy_from(&r->seen, ACCEL_INT64, NULL, 0));
    accel_dict_set(dict, "total", accel_tensor_copy_from(&r->total, ACCEL_FLOAT64, NULL, 0));
    return dict;
}

static inline accel_status run_take_state(void *user, accel_dict *state)
{
    training_run *r = user;
    r->seen = accel_item_integer(accel_get(state, "seen"));
    r->total = accel_item(accel_get(state, "total"));
    return accel_error_status();
}

static inline accel_dataset *run_data(void)
{
    accel_generator *generator = accel_generator_create(5);
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "x", accel_randn(generator, ACCEL_SHAPE(RUN_SAMPLES, RUN_FEATURES)));
    accel_dict_set(dict, "y", accel_randn(generator, ACCEL_SHAPE(RUN_SAMPLES, 1)));
    return accel_tensor_dataset(dict);
}

/* `accumulation` micro-batches a step. The accelerator is there already. */
static inline void run_set_up(training_run *r)
{
    accel_set_seed(42);
    r->model = accel_module_create(.forward = run_forward, .user = r);
    r->body = accel_module_add(r->model, "body", accel_linear(RUN_FEATURES, 8));
    r->drop = accel_module_add(r->model, "drop", accel_dropout(0.3));
    r->head = accel_module_add(r->model, "head", accel_linear(8, 1));
    if (r->tied)
        accel_module_add_parameter(accel_module_add(r->model, "twin", accel_module_create()), "weight",
                                   accel_module_tensor(r->head, "weight"));
    r->other = accel_linear(RUN_FEATURES, 1);
    r->optimizer = accel_adamw(r->model, .lr = 0.01);
    r->second = accel_sgd(r->other, .lr = 0.05, .momentum = 0.9);
    r->scheduler = accel_scheduler_create(r->schedule ? r->schedule : "cosine", r->optimizer,
                                          .num_warmup_steps = 2, .num_training_steps = 14);
    r->loader = accel_loader_create(run_data(), .batch_size = RUN_BATCH, .shuffle = true, .num_workers = 1);
    accelerator_prepare(r->acc, r->loader, r->model, r->other, r->optimizer, r->second, r->scheduler);
    accelerator_register_for_checkpointing(r->acc,
                                           &(accel_checkpointable){"progress", r, run_state, run_take_state});
}

typedef void run_after(training_run *r, void *user);

/* Within a block of accumulation: the loss. */
static inline double run_step(training_run *r, accel_tensor *x, accel_tensor *y)
{
    accel_tensor *out = accel_add(accel_forward(r->model, x), accel_forward(r->other, x));
    accel_tensor *loss = accel_mse_loss(out, y);
    accelerator_backward(r->acc, loss);
    if (accelerator_sync_gradients(r->acc))
        accelerator_clip_grad_norm(r->acc, r->model, 1, 2);
    accel_optimizer_step(r->optimizer);
    accel_optimizer_step(r->second);
    accel_scheduler_step(r->scheduler);
    accel_optimizer_zero_grad(r->optimizer);
    accel_optimizer_zero_grad(r->second);
    return accel_item(loss);
}

static inline void run_epochs(training_run *r, double *losses, int64_t stops, run_after *after, void *user)
{
    accel_train(r->model);
    for (int64_t epoch = accel_loader_epoch(r->loader); epoch < RUN_EPOCHS && r->seen < stops; epoch++)
        accel_for_each (batch, r->loader) {
            accelerator_accumulate(r->acc, r->model, r->other) {
                losses[r->seen] = run_step(r, accel_get(batch, "x"), accel_get(batch, "y"));
                if (r->local > 0 && accelerator_sync_gradients(r->acc))
                    accelerator_local_sgd_step(r->acc, r->model);
                r->total += losses[r->seen++];
            }
            if (after)
                after(r, user);
            if (r->seen >= stops || accel_error_is_set())
                break;
        }
}

/* Goes on from where the loader is to the end, or until `stops` micro-batches were seen in all. Each writes its loss. */
static inline void run_train(training_run *r, double *losses, int64_t stops, run_after *after, void *user)
{
    if (r->local == 0) {
        run_epochs(r, losses, stops, after, user);
        return;
    }
    accelerator_local_sgd(r->acc, r->model, .local_sgd_steps = r->local) {
        run_epochs(r, losses, stops, after, user);
    }
}

/* A training of some micro-batches that saves after each. */
static inline void run_some(training_run *r, accelerator *acc, int64_t stops, run_after *after, void *user)
{
    double losses[RUN_STEPS_MAX];
    *r = (training_run){.acc = acc};
    run_set_up(r);
    run_train(r, losses, stops, after, user);
}

/* Saves the state into that folder, NULL for the next of the series. */
static inline void save_once(training_run *r, void *user) { accelerator_save_state(r->acc, user); }

/* Something that is registered and has nothing to save. */
static inline accel_dict *no_state(void *user)
{
    (void)user;
    return accel_dict_create();
}

static inline accel_status take_nothing(void *user, accel_dict *state)
{
    (void)user;
    (void)state;
    return ACCEL_OK;
}

static inline bool is_there(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

#endif
