/**
 * The accelerator: what makes one plain training loop run on any set-up.
 *
 *     accelerator *acc = accelerator_create();
 *     …
 *     accelerator_prepare(acc, train, model, optimizer, scheduler);
 *     accel_for_each (batch, train) {
 *         accel_dict *outputs = accel_forward(model, batch);
 *         accelerator_backward(acc, accel_get(outputs, "loss"));
 *         accel_optimizer_step(optimizer);
 *         accel_scheduler_step(scheduler);
 *         accel_optimizer_zero_grad(optimizer);
 *     }
 *     return accelerator_finish(acc);
 *
 * The accelerator opens the root scope of its thread: every handle made outside loops and blocks lives until
 * accelerator_finish, which also ends loops that are still running.
 *
 * Threads: an accelerator belongs to the thread that made it. accelerator_finish, accelerator_free_memory, and calls about trackers
 * and profiles are refused on another one; with several processes, so are collective calls, there and in a fork.
 *
 * Callbacks: no function of the program's own that the library runs may call accelerator_finish. Those that may run on what is
 * prepared (of a module, a comm hook, a dataset, a loader, the end of a module, a dataset or wrapped memory, the log, an error
 * handler) may not call accelerator_prepare and accelerator_free_memory, either. Such a call is refused with ACCEL_EINVAL.
 *
 * The environment: an option that the program gives goes before its variable, and that before the default: .mixed_precision before
 * $ACCELERATE_MIXED_PRECISION, .timeout before $ACCEL_TIMEOUT, .num_threads before $OMP_NUM_THREADS. Three variables go before the
 * program's options, so that whoever starts it decides: $ACCELERATE_GRADIENT_ACCUMULATION_STEPS, as in the reference, $ACCEL_KEEP_MEMORY
 * and $ACCEL_FAST_MATMUL. On the CPU is a process for which .cpu or $ACCELERATE_USE_CPU says so. An empty variable counts as
 * unset; one whose value is none is an error of accelerator_create that names it.
 *
 * Source: accelerate.Accelerator.
 */
#ifndef ACCEL_ACCELERATOR_H
#define ACCEL_ACCELERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/data_parallel.h>
#include <accel/loader.h>
#include <accel/module.h>
#include <accel/optimizer.h>
#include <accel/precision.h>
#include <accel/progress.h>
#include <accel/scheduler.h>
#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

typedef struct accelerator_options {
    size_t struct_size;
    bool cpu; /**< stay on the CPU whatever devices there are; also $ACCELERATE_USE_CPU */

    /** accelerator_prepare puts modules, the state of optimizers, and batches on accelerator_device; with false they stay where they
        are. */
    bool device_placement;

    /** Of the order of prepared loaders that chose none, ≥ 0; -1: the seed at prepare. */
    int64_t data_seed;

    /** A prepared loader's batch_size is that of all processes together, and a scheduler's step counts once; otherwise it is
        each process's, and the step counts once for each process. */
    bool split_batches;

    /** Every process gets as many full batches: the last ones are filled from the epoch's beginning; otherwise some process
        may have a batch less, and what is collective in its loop must be left out of the last. */
    bool even_batches;

    /** Process 0 reads and makes the batches of prepared loaders for all, and sends the others theirs while the step runs;
        with false every process does its own. -1: process 0 for iterable datasets, else every process. */
    int dispatch_batches;

    /** Seconds that processes wait for each other, in every call; 0: $ACCEL_TIMEOUT, else 1800. Until all are there it is
        $ACCEL_MEETING_TIMEOUT, where that is set. */
    double timeout;

    /** Micro-batches for each step, ≥ 1, where accelerator_accumulate is used; $ACCELERATE_GRADIENT_ACCUMULATION_STEPS, when set,
        decides instead. */
    int64_t gradient_accumulation_steps;

    /** The last batch of a loader ends the micro-batches of a step. */
    bool sync_with_dataloader;

    /** Average gradients in every micro-batch, too, rather than once for each step. */
    bool sync_each_batch;

    /** Prepared schedulers step with their optimizer: once for each process, and not where it did not; otherwise a call is one
        step. */
    bool step_scheduler_with_optimizer;

    /** What forwards compute in; ACCEL_PRECISION_UNSET: $ACCELERATE_MIXED_PRECISION, else the dtype of the parameters. */
    accel_mixed_precision mixed_precision;

    /** Of ACCEL_FP16: borrowed for the call; NULL: its defaults. */
    const accel_grad_scaler_options *grad_scaler;

    /** Trackers that write down what accelerator_log is given (tracker.h): "tensorboard", "jsonl", "csv", several with commas
        between them, or "all"; NULL: none. Borrowed for the call, as the next two. */
    const char *log_with;

    /** Folder for what belongs to the project; NULL: none. */
    const char *project_dir;

    /** accelerator_save_state(acc, NULL) makes project_dir/checkpoints/checkpoint_0, checkpoint_1 and so on; see state.h. */
    bool automatic_checkpoint_naming;

    /** How many of these there are at most, ≥ 1; 0: any number. */
    int64_t total_limit;

    /** The first process of every machine saves what the main process does otherwise: for machines that do not share a disk. */
    bool save_on_each_node;

    /** Folder for the trackers' files; NULL: project_dir. */
    const char *logging_dir;

    /** How processes average gradients: borrowed for the call; NULL: its defaults. */
    const accel_data_parallel_options *data_parallel;

    /** Of the engine's operations, up to 1024; 0: $OMP_NUM_THREADS, else the cores this process may use shared between the
        processes of the machine. */
    int num_threads;

    /** Have malloc keep freed memory for the next step rather than give it back to the system and fault it in again: a step of
        a small BERT takes about a sixth less time, and the process stays as large as it once was. It raises malloc's
        thresholds for the whole process; $ACCEL_KEEP_MEMORY, when set, decides instead. */
    bool keep_memory;

    /** Have the large float32 matrix products of a backward pass done by oneDNN on processors where MKL, which the engine takes
        by default, is slow: all but Intel's. It halves their time, changes the last digits of gradients, and holds for
        everything in the process that uses the engine; $ACCEL_FAST_MATMUL, when set, decides instead, on any processor. */
    bool fast_matmul;
} accelerator_options;
#define ACCELERATOR_DEFAULTS()                                                                                 \
    .struct_size = sizeof(accelerator_options), .cpu = false, .device_placement = true, .data_seed = -1,       \
    .split_batches = false, .even_batches = true, .dispatch_batches = -1, .gradient_accumulation_steps = 1,    \
    .sync_with_dataloader = true, .sync_each_batch = false, .step_scheduler_with_optimizer = true,             \
    .mixed_precision = ACCEL_PRECISION_UNSET, .grad_scaler = NULL, .data_parallel = NULL, .log_with = NULL,    \
    .project_dir = NULL, .automatic_checkpoint_naming = false, .total_limit = 0, .save_on_each_node = false,   \
    .logging_dir = NULL, .timeout = 0, .num_threads = 0, .keep_memory = true, .fast_matmul = true

/** An accelerator for this process, by its options and the environment a launcher set: new. NULL on failure, which
    accelerator_finish(NULL) prints. With several processes it waits for all of them, up to `timeout`. Collective. */
ACCEL_API accelerator *accelerator_create_with(const accelerator_options *options);
ACCEL_API accelerator_options accelerator_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_0(accelerator *, accelerator_create, accelerator_options)
#else
#define accelerator_create(...)                                                                                \
    ACCEL_CALL_0(accelerator_create_with, accelerator_options, ACCELERATOR_DEFAULTS, __VA_ARGS__)
#endif

/** Waits until every process has come here, or tells the others that this one failed; prints the first failure of this
    thread to standard error, closes the root scope with everything in it, and gives the program's exit status: 0, or 1
    after a failure, another process's included. The accelerator is taken; NULL is fine. The record is cleared.
    Refused inside a function of the program's own that the library runs: then the record is printed and stays, nothing
    is taken, and the result is 1. Collective. */
ACCEL_API int accelerator_finish(accelerator *acc);

/** Where tensors are to live: on the GPU of this process's number on its machine where there are GPUs, or on its only one where
    $CUDA_VISIBLE_DEVICES shows it just one, else on the CPU. */
ACCEL_API accel_device accelerator_device(accelerator *acc);

/** How many processes train together, which of them this is, and which of those on its machine, from 0. -1 on failure. */
ACCEL_API int accelerator_num_processes(accelerator *acc);
ACCEL_API int accelerator_process_index(accelerator *acc);
ACCEL_API int accelerator_local_process_index(accelerator *acc);

/** Whether this is the first process of all, and the first of its machine. */
ACCEL_API bool accelerator_is_main_process(accelerator *acc);
ACCEL_API bool accelerator_is_local_main_process(accelerator *acc);

/* What prepare takes. */
typedef enum accel_preparable_kind {
    ACCEL_PREPARABLE_MODULE,
    ACCEL_PREPARABLE_OPTIMIZER,
    ACCEL_PREPARABLE_SCHEDULER,
    ACCEL_PREPARABLE_LOADER,
    ACCEL_PREPARABLE_EVALUATED_MODULE, /* by accelerator_prepare_model */
} accel_preparable_kind;

typedef struct accel_preparable {
    accel_preparable_kind kind;
    void *handle;
} accel_preparable;

static inline accel_preparable accel_preparable_of_module(accel_module *module)
{
    accel_preparable item = {ACCEL_PREPARABLE_MODULE, module};
    return item;
}
static inline accel_preparable accel_preparable_of_optimizer(accel_optimizer *optimizer)
{
    accel_preparable item = {ACCEL_PREPARABLE_OPTIMIZER, optimizer};
    return item;
}
static inline accel_preparable accel_preparable_of_scheduler(accel_scheduler *scheduler)
{
    accel_preparable item = {ACCEL_PREPARABLE_SCHEDULER, scheduler};
    return item;
}
static inline accel_preparable accel_preparable_of_loader(accel_loader *loader)
{
    accel_preparable item = {ACCEL_PREPARABLE_LOADER, loader};
    return item;
}

/** Makes modules, optimizers, schedulers and loaders, any mix in any order, ready for this set-up, in place: all or
    none of them. Retained. Preparing something twice is an error. Collective.

    With several processes a loader gives this process its share of the batches; a module gets the parameters and
    buffers of process 0 and has its gradients averaged while a backward pass runs, whatever forward they come from; its
    own forward is collective, too, where it has buffers and gradients are on, since they become process 0's; a scheduler
    steps once for each process, since programs count their steps before prepare (see split_batches), unless it follows a
    metric. What the processes prepare must be the same, and so must the options that training depends on, those of optimizers
    and of the gradient scaler, too: ACCEL_EMISMATCH shows the first difference. Modules that are prepared then share
    no parameter, since each would average its gradient; in one process they may.
    (After a failure modules are where they were, but may hold process 0's values.)

    How gradients are averaged is a matter of .data_parallel. Source: Accelerator.prepare. */
ACCEL_API accel_status accelerator_prepare_items(accelerator *acc, const accel_preparable *items, size_t count);

typedef struct accelerator_prepare_model_options {
    size_t struct_size;
    bool
        evaluation_mode; /**< the model is only evaluated, as a teacher is: forwards compute in mixed precision, but each process
                               keeps its own parameters, and no gradients are averaged */
} accelerator_prepare_model_options;
#define ACCELERATOR_PREPARE_MODEL_DEFAULTS()                                                                   \
    .struct_size = sizeof(accelerator_prepare_model_options), .evaluation_mode = false

/** Prepares one model. Collective. Source: Accelerator.prepare_model. */
ACCEL_API accel_status accelerator_prepare_model_with(accelerator *acc, accel_module *model,
                                                      const accelerator_prepare_model_options *options);
ACCEL_API accelerator_prepare_model_options accelerator_prepare_model_options_default(void);
/** accelerator_prepare_model(acc, teacher, .evaluation_mode = true) */
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_status, accelerator_prepare_model, accelerator *, accel_module *,
                  accelerator_prepare_model_options)
#else
#define accelerator_prepare_model(...)                                                                         \
    ACCEL_CALL_2(accelerator_prepare_model_with, accelerator_prepare_model_options,                            \
                 ACCELERATOR_PREPARE_MODEL_DEFAULTS, __VA_ARGS__)
#endif

/** What was given to prepare: borrowed. Prepare works in place, so it is the model itself. */
ACCEL_API accel_module *accelerator_unwrap_model(accelerator *acc, accel_module *model);

/** The model's parameters and persistent buffers by name, sharing their storage: new. In every process all of them, in full
    precision. Source: Accelerator.get_state_dict. */
ACCEL_API accel_dict *accelerator_get_state_dict(accelerator *acc, accel_module *model);

typedef struct accelerator_set_seed_options {
    size_t struct_size;
    bool device_specific; /**< add the process's index, so that processes draw different numbers */
    bool deterministic;   /**< accel_use_deterministic_algorithms(true), too; false leaves it as it is */
} accelerator_set_seed_options;
#define ACCELERATOR_SET_SEED_DEFAULTS()                                                                        \
    .struct_size = sizeof(accelerator_set_seed_options), .device_specific = false, .deterministic = false

/** Seeds the default generators of all devices, as accel_set_seed does. The order of prepared loaders stays process 0's. Source:
    accelerate.utils.set_seed. */
ACCEL_API accel_status accelerator_set_seed_with(accelerator *acc, uint64_t seed,
                                                 const accelerator_set_seed_options *options);
ACCEL_API accelerator_set_seed_options accelerator_set_seed_options_default(void);
/** accelerator_set_seed(acc, 42, .device_specific = true) */
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_status, accelerator_set_seed, accelerator *, uint64_t, accelerator_set_seed_options)
#else
#define accelerator_set_seed(...)                                                                              \
    ACCEL_CALL_2(accelerator_set_seed_with, accelerator_set_seed_options, ACCELERATOR_SET_SEED_DEFAULTS,       \
                 __VA_ARGS__)
#endif

/** accel_loader_skip_first_batches. Source: Accelerator.skip_first_batches. */
ACCEL_API accel_status accelerator_skip_first_batches(accelerator *acc, accel_loader *loader,
                                                      int64_t num_batches);

/* ---- talking ---- */

/** Prints to standard output on the first process of each machine, without breaking a progress bar. */
ACCEL_API accel_status accelerator_print(accelerator *acc, const char *format, ...) ACCEL_PRINTF(2, 3);

/** A progress bar over `total` steps that only the first process of each machine shows: new. */
ACCEL_API accel_progress *accelerator_progress_with(accelerator *acc, int64_t total, const char *description,
                                                    const accel_progress_options *options);
/** accelerator_progress(acc, total, "eval", .leave = false) */
#ifdef __cplusplus
ACCEL_OVERLOADS_3(accel_progress *, accelerator_progress, accelerator *, int64_t, const char *,
                  accel_progress_options)
#else
#define accelerator_progress(...)                                                                              \
    ACCEL_CALL_3(accelerator_progress_with, accel_progress_options, ACCEL_PROGRESS_DEFAULTS, __VA_ARGS__)
#endif

ACCEL_END_DECLS

#ifdef __cplusplus
inline accel_preparable accel_preparable_of(accel_module *module) { return accel_preparable_of_module(module); }
inline accel_preparable accel_preparable_of(accel_optimizer *o) { return accel_preparable_of_optimizer(o); }
inline accel_preparable accel_preparable_of(accel_scheduler *s) { return accel_preparable_of_scheduler(s); }
inline accel_preparable accel_preparable_of(accel_loader *loader) { return accel_preparable_of_loader(loader); }

template <class... Items> accel_status accelerator_prepare(accelerator *acc, Items... items)
{
    const accel_preparable list[] = {accel_preparable_of(items)...};
    return accelerator_prepare_items(acc, list, sizeof...(items));
}
#else
#define ACCEL_PREPARABLE(x)                                                                                    \
    _Generic((x),                                                                                              \
        accel_module *: accel_preparable_of_module,                                                            \
        accel_optimizer *: accel_preparable_of_optimizer,                                                      \
        accel_scheduler *: accel_preparable_of_scheduler,                                                      \
        accel_loader *: accel_preparable_of_loader)(x)

/** accelerator_prepare(acc, train, model, optimizer, scheduler): accelerator_prepare_items with up to 24 of them.
    Something that cannot be prepared is a compile error. */
#define accelerator_prepare(acc, ...)                                                                          \
    accelerator_prepare_items(acc, (const accel_preparable[]){ACCEL_EACH(ACCEL_PREPARABLE, __VA_ARGS__)},      \
                              ACCEL_COUNT(__VA_ARGS__))
#endif

#endif
