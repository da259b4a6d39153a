#include <accel/accelerator.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <accel/autograd.h>
#include <accel/random.h>
#include <accel/options.h>

#include "accelerator/process.h"
#include "base/buffer.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "data/loader.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "optim/scheduler.h"
#include "tensor/tensor.h"
#include "track/progress.h"

typedef struct facade {
    accelerator_options options;
    environment_ranks ranks;
    accel_scope *scope; /* the root */
    pthread_t thread;   /* whose it is */
    void **prepared;    /* retained handles */
    size_t prepared_count;
} facade;

enum { THREADS_MAX = 1024 };

static void free_facade(facade *f)
{
    for (size_t i = 0; i < f->prepared_count; i++)
        object_release(f->prepared[i]);
    memory_free(f->prepared);
    memory_free(f);
}

static void destroy(object *o) { free_facade(o->payload); }

static const object_class accelerator_class = {.name = "accelerator", .destroy = destroy};

static facade *facade_of(accelerator *acc, const char *call)
{
    return object_payload(acc, &accelerator_class, call, "accelerator");
}

/* ---- life ---- */

accelerator_options accelerator_options_default(void) { return (accelerator_options){ACCELERATOR_DEFAULTS()}; }

/* A launcher's wish for what this version does not do. */
static accel_status refuse_setting(const char *name, const char *done)
{
    const char *wanted = getenv(name);
    if (!wanted || !*wanted || strcmp(wanted, done) == 0)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EUNSUPPORTED, "accelerator_create",
                             "%s is \"%s\", this version knows %s only", name, wanted, done);
}

static accel_status read_environment(facade *f)
{
    bool cpu = false;
    if (environment_read_ranks(&f->ranks) != ACCEL_OK ||
        environment_read_flag("ACCELERATE_USE_CPU", false, &cpu) != ACCEL_OK ||
        environment_read_flag("ACCEL_KEEP_MEMORY", f->options.keep_memory, &f->options.keep_memory) != ACCEL_OK)
        return accel_error_status();
    f->options.cpu = f->options.cpu || cpu;
    if (refuse_setting("ACCELERATE_MIXED_PRECISION", "no") != ACCEL_OK ||
        refuse_setting("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "1") != ACCEL_OK)
        return accel_error_status();
    if (f->ranks.world_size > 1)
        return accel_error_raise(ACCEL_EUNSUPPORTED, "accelerator_create",
                                 "%s is %d, this version trains in one process", f->ranks.size_variable,
                                 f->ranks.world_size);
    return ACCEL_OK;
}

static accel_status check_options(const accelerator_options *o)
{
    if (o->data_seed < -1)
        return accel_error_raise(ACCEL_EINVAL, "accelerator_create", "data_seed must not be negative, got %lld",
                                 (long long)o->data_seed);
    if (o->num_threads < 0 || o->num_threads > THREADS_MAX)
        return accel_error_raise(ACCEL_EINVAL, "accelerator_create", "num_threads must be in [0, %d], got %d",
                                 THREADS_MAX, o->num_threads);
    return ACCEL_OK;
}

accelerator *accelerator_create_with(const accelerator_options *options)
{
    RETURN_NULL_IF_FAILED();
    facade *f = memory_alloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->options = accelerator_options_default();
    object *handle = NULL;
    if (accel_options_read("accelerator_create", &f->options, sizeof f->options, options) == ACCEL_OK &&
        check_options(&f->options) == ACCEL_OK && read_environment(f) == ACCEL_OK &&
        process_set_threads(f->options.num_threads, f->ranks.local_world_size) == ACCEL_OK &&
        process_set_fast_matmul(f->options.fast_matmul) == ACCEL_OK)
        handle = object_create(&accelerator_class, f);
    if (!handle) {
        free_facade(f);
        return NULL;
    }
    object_disown(handle);
    if (f->options.keep_memory)
        process_keep_memory();
    f->thread = pthread_self();
    f->scope = accel_scope_begin();
    if (f->scope)
        return (accelerator *)handle;
    object_release(handle);
    return NULL;
}

int accelerator_finish(accelerator *acc)
{
    facade *f = acc && object_check(acc, &accelerator_class, "accelerator_finish", "accelerator")
                    ? ((object *)acc)->payload
                    : NULL;
    if (f && !pthread_equal(f->thread, pthread_self())) {
        RAISE(ACCEL_EINVAL, "the accelerator belongs to the thread that made it");
    } else if (f) {
        loader_end_all();
        accel_scope_end(f->scope);
        object_release(acc);
    }
    if (!accel_error_is_set())
        return 0;
    fprintf(stderr, "accel: error: %s\n", accel_error_text());
    accel_error_clear();
    return 1;
}

/* ---- looking ---- */

accel_device accelerator_device(accelerator *acc)
{
    facade_of(acc, __func__);
    return (accel_device){.type = ACCEL_CPU, .index = -1};
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

bool accelerator_is_main_process(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f && f->ranks.rank == 0;
}

bool accelerator_is_local_main_process(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f && f->ranks.local_rank == 0;
}

/* ---- preparing ---- */

static const object_class *class_of(accel_preparable_kind kind)
{
    static const object_class *const classes[] = {
        [ACCEL_PREPARABLE_MODULE] = &module_class,
        [ACCEL_PREPARABLE_OPTIMIZER] = &optimizer_class,
        [ACCEL_PREPARABLE_SCHEDULER] = &scheduler_class,
        [ACCEL_PREPARABLE_LOADER] = &loader_class,
    };
    return (size_t)kind < sizeof classes / sizeof classes[0] ? classes[kind] : NULL;
}

static bool is_prepared(const facade *f, const void *handle)
{
    for (size_t i = 0; i < f->prepared_count; i++)
        if (f->prepared[i] == handle)
            return true;
    return false;
}

static accel_status check_items(const facade *f, const accel_preparable *items, size_t count)
{
    static const char call[] = "accelerator_prepare";
    for (size_t i = 0; i < count; i++) {
        const object_class *class = class_of(items[i].kind);
        char what[32];
        snprintf(what, sizeof what, "argument %zu", i + 1);
        if (!class)
            return accel_error_raise(ACCEL_EINVAL, call, "%s is of unknown kind %d", what, (int)items[i].kind);
        if (!object_check(items[i].handle, class, call, what))
            return accel_error_status();
        bool twice = is_prepared(f, items[i].handle);
        for (size_t k = 0; k < i; k++)
            twice = twice || items[k].handle == items[i].handle;
        if (twice)
            return accel_error_raise(ACCEL_EINVAL, call, "%s, a %s, is prepared already", what, class->name);
    }
    return ACCEL_OK;
}

/* Cannot fail: check_items saw the handle. */
static void prepare_item(facade *f, const accel_preparable *item)
{
    if (item->kind == ACCEL_PREPARABLE_LOADER)
        loader_set_data_seed(item->handle, f->options.data_seed >= 0
                                               ? f->options.data_seed
                                               : (int64_t)accel_generator_initial_seed(NULL));
    else if (item->kind == ACCEL_PREPARABLE_SCHEDULER)
        scheduler_set_stride(item->handle, f->ranks.world_size);
    f->prepared[f->prepared_count++] = object_retain(item->handle);
}

accel_status accelerator_prepare_items(accelerator *acc, const accel_preparable *items, size_t count)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_of(acc, "accelerator_prepare");
    if (f && !items && count > 0)
        return accel_error_raise(ACCEL_EINVAL, "accelerator_prepare", "items is NULL");
    if (!f || check_items(f, items, count) != ACCEL_OK)
        return accel_error_status();
    void **prepared = memory_resize(f->prepared, f->prepared_count + count, sizeof *prepared);
    if (!prepared)
        return accel_error_status();
    f->prepared = prepared;
    for (size_t i = 0; i < count; i++)
        prepare_item(f, &items[i]);
    return ACCEL_OK;
}

/* ---- training ---- */

accel_status accelerator_backward(accelerator *acc, accel_tensor *loss)
{
    RETURN_STATUS_IF_FAILED();
    if (!facade_of(acc, __func__) || !tensor_check(loss, __func__, "loss"))
        return accel_error_status();
    if (accel_tensor_numel(loss) != 1)
        return RAISE(ACCEL_EINVAL, "loss must have one element, got %lld", (long long)accel_tensor_numel(loss));
    if (!accel_requires_grad(loss))
        return RAISE(ACCEL_EINVAL, "loss depends on no parameter that requires gradients");
    return accel_backward(loss);
}

accel_tensor *accelerator_gather_for_metrics(accelerator *acc, accel_tensor *tensor)
{
    RETURN_NULL_IF_FAILED();
    return facade_of(acc, __func__) ? tensor_share(tensor, __func__) : NULL;
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

accel_progress *accelerator_progress(accelerator *acc, int64_t total, const char *label)
{
    RETURN_NULL_IF_FAILED();
    facade *f = facade_of(acc, __func__);
    return f ? accel_progress_create(total, label, .enabled = f->ranks.local_rank == 0) : NULL;
}
