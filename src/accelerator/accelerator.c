#include <accel/accelerator.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <accel/device.h>
#include <accel/numerics.h>
#include <accel/options.h>
#include <accel/random.h>

#include "accelerator/accumulate.h"
#include "accelerator/facade.h"
#include "accelerator/gradient.h"
#include "accelerator/preemption.h"
#include "accelerator/process.h"
#include "accelerator/profile.h"
#include "base/callback.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "comm/error_file.h"
#include "data/loader.h"
#include "engine/device.h"
#include "track/progress.h"

enum { THREADS_MAX = 1024, TIMEOUT_SECONDS = 1800 };

static void free_facade(facade *f)
{
    preemption_end(f->watches_preemption);
    training_state_dispose(&f->state);
    gradient_forget_old(f);
    facade_release_prepared(f, 0);
    memory_free(f->prepared);
    group_free(f->group);
    profile_free(f->profile);
    buffer_dispose(&f->said);
    trackers_dispose(&f->trackers);
    memory_free(f->project_dir);
    memory_free(f);
}

static void destroy(object *o) { free_facade(o->payload); }

static const object_class accelerator_class = {.name = "accelerator", .destroy = destroy};

facade *facade_of(accelerator *acc, const char *call)
{
    return object_payload(acc, &accelerator_class, call, "accelerator");
}

facade *facade_of_own(accelerator *acc, const char *call)
{
    facade *f = facade_of(acc, call);
    if (!f || pthread_equal(f->thread, pthread_self()) ||
        (f->group &&
         callback_runs(CALLBACK_COMM_HOOK, f->group))) /* which may run on a thread of the engine's */
        return f;
    accel_error_raise(ACCEL_EINVAL, call, "the accelerator belongs to the thread that made it");
    return NULL;
}

facade *facade_if_live(accelerator *acc)
{
    facade *f = NULL;
    accel_try(unused) {
        (void)unused;
        f = facade_of(acc, "");
    }
    return f;
}

/* ---- life ---- */

accelerator_options accelerator_options_default(void) { return (accelerator_options){ACCELERATOR_DEFAULTS()}; }

/* What the program says goes before the environment. */
static accel_status read_precision(facade *f)
{
    static const char call[] = "accelerator_create";
    const char *wanted = getenv(ENVIRONMENT_MIXED_PRECISION);
    f->precision = f->options.mixed_precision;
    if (f->precision == ACCEL_PRECISION_UNSET && wanted && *wanted) {
        if (!accel_mixed_precision_find(wanted, &f->precision))
            accel_error_raise(ACCEL_EUNSUPPORTED, call, "%s must be no, fp16 or bf16, got \"%s\"",
                              ENVIRONMENT_MIXED_PRECISION, wanted);
    } else if (f->precision == ACCEL_PRECISION_UNSET) {
        f->precision = ACCEL_PRECISION_NO;
    } else if (!accel_mixed_precision_name(f->precision)) {
        accel_error_raise(ACCEL_EINVAL, call, "mixed_precision is of unknown kind %d", (int)f->precision);
    }
    return accel_error_status();
}

/* Here the environment goes before the program, as in the reference. */
static accel_status read_accumulation(facade *f)
{
    int64_t *steps = &f->options.gradient_accumulation_steps;
    return environment_read_count(ENVIRONMENT_GRADIENT_ACCUMULATION_STEPS, *steps, steps);
}

static accel_status read_environment(facade *f)
{
    bool cpu = false;
    if (environment_read_ranks(&f->ranks) != ACCEL_OK ||
        environment_read_flag(ENVIRONMENT_USE_CPU, false, &cpu) != ACCEL_OK ||
        environment_read_flag("ACCEL_KEEP_MEMORY", f->options.keep_memory, &f->options.keep_memory) != ACCEL_OK)
        return accel_error_status();
    f->options.cpu = f->options.cpu || cpu;
    if (log_check_level("accelerator_create") != ACCEL_OK || read_precision(f) != ACCEL_OK ||
        read_accumulation(f) != ACCEL_OK)
        return accel_error_status();
    if (f->options.timeout == 0)
        environment_read_seconds(ENVIRONMENT_TIMEOUT, TIMEOUT_SECONDS, &f->options.timeout);
    return accel_error_status();
}

static accel_status check_options(const accelerator_options *o)
{
    if (o->gradient_accumulation_steps < 1)
        return accel_error_raise(ACCEL_EINVAL, "accelerator_create",
                                 "gradient_accumulation_steps must be above 0, got %lld",
                                 (long long)o->gradient_accumulation_steps);
    if (o->total_limit < 0)
        return accel_error_raise(ACCEL_EINVAL, "accelerator_create",
                                 "total_limit must not be negative, got %lld", (long long)o->total_limit);
    if (o->data_seed < -1)
        return accel_error_raise(ACCEL_EINVAL, "accelerator_create", "data_seed must not be negative, got %lld",
                                 (long long)o->data_seed);
    if (o->dispatch_batches < -1 || o->dispatch_batches > 1)
        return accel_error_raise(ACCEL_EINVAL, "accelerator_create",
                                 "dispatch_batches must be true, false or -1, got %d", o->dispatch_batches);
    if (o->num_threads < 0 || o->num_threads > THREADS_MAX)
        return accel_error_raise(ACCEL_EINVAL, "accelerator_create", "num_threads must be in [0, %d], got %d",
                                 THREADS_MAX, o->num_threads);
    if (o->timeout != 0 && !(o->timeout >= ENVIRONMENT_SECONDS_MIN && o->timeout <= ENVIRONMENT_SECONDS_MAX))
        return accel_error_raise(ACCEL_EINVAL, "accelerator_create", "timeout must be 0 or in [%g, %g], got %g",
                                 ENVIRONMENT_SECONDS_MIN, ENVIRONMENT_SECONDS_MAX, o->timeout);
    return ACCEL_OK;
}

/* Slurm and wrappers of mpirun show each process the GPU that is its own, and only that. */
static bool is_given_its_own(int count)
{
    const char *visible = getenv(ENVIRONMENT_GPUS);
    return count == 1 && visible && *visible;
}

/* A process of a machine has the GPU of its number there. */
static accel_status choose_device(facade *f)
{
    int count = f->options.cpu ? 0 : accel_device_count(ACCEL_CUDA);
    f->device = accel_device_cpu();
    if (count == 0)
        return accel_error_status();
    bool own = is_given_its_own(count);
    if (f->ranks.local_world_size > count && !own)
        return accel_error_raise(
            ACCEL_EINVAL, "accelerator_create",
            "this machine has %d processes and %d GPU%s: each needs one of its own, or cpu = true "
            "or $" ENVIRONMENT_USE_CPU " that all stay on the CPU",
            f->ranks.local_world_size, count, count == 1 ? "" : "s");
    f->device = accel_device_cuda(own ? 0 : f->ranks.local_rank);
    return engine_device_use(f->device);
}

static accel_status join(facade *f)
{
    group_timeouts timeouts = {.call = f->options.timeout};
    if (environment_read_seconds(ENVIRONMENT_MEETING_TIMEOUT, timeouts.call, &timeouts.meeting) == ACCEL_OK)
        f->group = group_join(&f->ranks, timeouts, f->device);
    return accel_error_status();
}

static accel_status set_up(facade *f, const accelerator_options *options)
{
    if (accel_options_read("accelerator_create", &f->options, sizeof f->options, options) != ACCEL_OK ||
        check_options(&f->options) != ACCEL_OK || read_environment(f) != ACCEL_OK ||
        choose_device(f) != ACCEL_OK ||
        data_parallel_init(&f->data_parallel, f->options.data_parallel) != ACCEL_OK ||
        process_set_threads(f->options.num_threads, f->ranks.local_world_size) != ACCEL_OK ||
        process_set_fast_matmul(f->options.fast_matmul) != ACCEL_OK || facade_make_trackers(f) != ACCEL_OK)
        return accel_error_status();
    window_init(&f->window, f->options.gradient_accumulation_steps);
    if (f->precision == ACCEL_FP16 && scaler_init(&f->scaler, f->options.grad_scaler) != ACCEL_OK)
        return accel_error_status();
    if (f->options.keep_memory && process_keep_memory(f->ranks.local_world_size) != ACCEL_OK)
        return accel_error_status();
    if (f->ranks.world_size > 1)
        join(f);
    return accel_error_status();
}

accelerator *accelerator_create_with(const accelerator_options *options)
{
    RETURN_NULL_IF_FAILED();
    facade *f = memory_alloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->options = accelerator_options_default();
    f->loss_scale = 1;
    object *handle = set_up(f, options) == ACCEL_OK ? object_create(&accelerator_class, f) : NULL;
    if (!handle) {
        free_facade(f);
        return NULL;
    }
    object_disown(handle);
    f->thread = pthread_self();
    f->process = getpid();
    f->scope = accel_scope_begin();
    if (f->scope)
        return (accelerator *)handle;
    object_release(handle);
    return NULL;
}

/* Leaves the others, or tells them what failed here. */
static void leave(facade *f)
{
    if (!accel_error_is_set())
        facade_check_gradients(f, "accelerator_finish");
    if (f->group)
        group_leave(f->group);
}

/* accelerate launch names the first failure of all by itself: the processes that it took down need not. */
static bool is_told_by_launcher(const facade *f, int failed_rank)
{
    const char *launcher = getenv(ENVIRONMENT_LAUNCHER);
    bool others = f ? failed_rank != f->ranks.rank : accel_error_status() == ACCEL_EPEER;
    return launcher && *launcher && others;
}

/* `f` is NULL where there is no accelerator, or none any more: then nobody knows whose failure it is. */
static void report(const facade *f)
{
    int failed_rank = f && f->group ? group_failed_rank(f->group) : -1;
    bool several = f && f->group;
    error_file_write(failed_rank);
    if (is_told_by_launcher(several ? f : NULL, failed_rank))
        return;
    if (several)
        fprintf(stderr, "accel: error: process %d: %s\n", f->ranks.rank, accel_error_text());
    else
        fprintf(stderr, "accel: error: %s\n", accel_error_text());
}

/* A fork has none of the threads that would have to end, and is nobody's process: nothing of its parent's is touched. */
static int refuse_fork(const facade *f)
{
    fprintf(stderr,
            "accel: error: accelerator_finish: this process is a fork of process %d, and none of the group\n",
            f->ranks.rank);
    accel_error_clear();
    return 1;
}

/* NULL with the reason recorded, which is another one than for other calls. */
static facade *facade_to_finish(accelerator *acc)
{
    bool clean = !accel_error_is_set();
    if (acc && object_check(acc, &accelerator_class, "accelerator_finish", "accelerator"))
        return ((object *)acc)->payload;
    if (clean && accel_error_status() == ACCEL_ESTALE) {
        accel_error_clear();
        accel_error_raise(ACCEL_ESTALE, "accelerator_finish", "the accelerator has finished already");
    }
    return NULL;
}

/* The record stays: the call that the function belongs to fails with it. */
static int refuse_callback(const facade *f)
{
    callback_refuses(CALLBACK_ANY, NULL, "accelerator_finish");
    report(pthread_equal(f->thread, pthread_self()) ? f : NULL);
    return 1;
}

int accelerator_finish(accelerator *acc)
{
    facade *f = facade_to_finish(acc);
    if (f && f->process != getpid())
        return refuse_fork(f);
    if (f && callback_runs(CALLBACK_ANY, NULL))
        return refuse_callback(f);
    if (f && !pthread_equal(f->thread, pthread_self())) {
        RAISE(ACCEL_EINVAL, "the accelerator belongs to the thread that made it");
        f = NULL;
    }
    if (f) {
        training_state_settle(&f->state);
        loader_end_all();
        profile_finish(f, acc);
        trackers_finish(&f->trackers);
        leave(f);
        accel_scope_end(f->scope);
    }
    bool failed = accel_error_is_set();
    if (failed)
        report(f);
    if (f)
        object_release(acc);
    accel_error_clear();
    return failed;
}

/* ---- random numbers ---- */

accelerator_set_seed_options accelerator_set_seed_options_default(void)
{
    return (accelerator_set_seed_options){ACCELERATOR_SET_SEED_DEFAULTS()};
}

accel_status accelerator_set_seed_with(accelerator *acc, uint64_t seed,
                                       const accelerator_set_seed_options *options)
{
    RETURN_STATUS_IF_FAILED();
    accelerator_set_seed_options o = accelerator_set_seed_options_default();
    facade *f = facade_of(acc, "accelerator_set_seed");
    if (!f || accel_options_read("accelerator_set_seed", &o, sizeof o, options) != ACCEL_OK)
        return accel_error_status();
    if (o.deterministic && accel_use_deterministic_algorithms(true) != ACCEL_OK)
        return accel_error_status();
    return accel_set_seed(seed + (o.device_specific ? (uint64_t)f->ranks.rank : 0));
}

/* ---- looking ---- */

accel_device accelerator_device(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f ? f->device : accel_device_cpu();
}

int accelerator_num_processes(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f ? f->ranks.world_size : -1;
}

int accelerator_process_index(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f ? f->ranks.rank : -1;
}

int accelerator_local_process_index(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f ? f->ranks.local_rank : -1;
}

/* ---- talking ---- */

accel_status accelerator_print(accelerator *acc, const char *format, ...)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_of(acc, __func__);
    if (!format)
        return RAISE(ACCEL_EINVAL, "format is NULL");
    if (!f || f->ranks.local_rank != 0)
        return accel_error_status();
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return RAISE(ACCEL_EINVAL, "format \"%s\" cannot be printed", format);
    progress_print(stdout, text);
    memory_free(text);
    return ACCEL_OK;
}

accel_progress *accelerator_progress_with(accelerator *acc, int64_t total, const char *description,
                                          const accel_progress_options *options)
{
    RETURN_NULL_IF_FAILED();
    facade *f = facade_of(acc, "accelerator_progress");
    accel_progress_options o = accel_progress_options_default();
    if (!f || accel_options_read("accelerator_progress", &o, sizeof o, options) != ACCEL_OK)
        return NULL;
    o.enabled = o.enabled && f->ranks.local_rank == 0;
    return accel_progress_create_with(total, description, &o);
}
