/* What makes room. */
#include <accel/logger.h>
#include <accel/memory.h>

#include <malloc.h>

#include <accel/options.h>

#include "accelerator/accumulate.h"
#include "accelerator/facade.h"
#include "accelerator/gradient.h"
#include "base/callback.h"
#include "base/error.h"
#include "base/scope.h"
#include "comm/agreement.h"
#include "engine/device.h"

/* Gradients that nobody stepped stay, in their own scale. */
static void forget(facade *f, size_t from)
{
    gradient_forget_old(f);
    optimizers_rescale(f, 1);
    facade_release_prepared(f, from);
    window_init(&f->window, f->options.gradient_accumulation_steps);
    malloc_trim(0);
    accel_try(unused) {
        (void)unused;
        engine_device_synchronize(f->device);
        if (f->group)
            engine_group_forget_completed(group_engine(f->group));
        engine_device_release_memory(f->device);
    }
}

accel_status accelerator_free_memory(accelerator *acc)
{
    facade *f = facade_of_own(acc, __func__);
    if (f && !callback_refuses(CALLBACK_ON_PREPARED, NULL, __func__)) {
        loaders_settle(f);
        forget(f, 0);
    }
    return accel_error_status();
}

/* ---- the largest batch that fits ---- */

static const char call[] = "accelerator_find_executable_batch_size";

accelerator_batch_size_options accelerator_batch_size_options_default(void)
{
    return (accelerator_batch_size_options){ACCELERATOR_BATCH_SIZE_DEFAULTS()};
}

/* What was prepared before would belong to a group that is lost. */
static accel_status check_prepared(const facade *f)
{
    if (facade_gradients_group(f))
        return accel_error_raise(
            ACCEL_EINVAL, call,
            "a model is prepared already: prepare it in the block, or call accelerator_free_memory "
            "before");
    return ACCEL_OK;
}

accelerator_batch_size_search
accelerator_batch_size_search_begin_with(accelerator *acc, int64_t starting_batch_size,
                                         const accelerator_batch_size_options *options)
{
    accelerator_batch_size_search s = {.acc = acc, .batch_size = starting_batch_size};
    s.options = accelerator_batch_size_options_default();
    facade *f = accel_error_is_set() ? NULL : facade_of(acc, call);
    if (!f || accel_options_read(call, &s.options, sizeof s.options, options) != ACCEL_OK ||
        check_prepared(f) != ACCEL_OK)
        return s;
    if (starting_batch_size < 1)
        accel_error_raise(ACCEL_EINVAL, call, "starting_batch_size must be above 0, got %lld",
                          (long long)starting_batch_size);
    return s;
}

static bool begin_run(accelerator_batch_size_search *s, facade *f)
{
    f->prepared_least = f->prepared_count;
    s->begun = true;
    s->scope = accel_scope_begin();
    s->running = s->scope != NULL;
    return s->running;
}

static bool drop_run(accelerator_batch_size_search *s)
{
    scope_free(s->scope);
    s->scope = NULL;
    return false;
}

/* What the run made belongs to the scope around it, unless everything has ended with the accelerator. */
static bool keep_run(accelerator_batch_size_search *s)
{
    if (!s->scope || !facade_if_live(s->acc))
        return drop_run(s);
    scope_dissolve(s->scope);
    s->scope = NULL;
    return false;
}

/* Whether the run failed for want of memory: the first failure of all decides, the same in every process. */
static bool ran_out(facade *f)
{
    int64_t nothing = 0;
    if (group_begin(f->group, call)) {
        agreement_max(f->group, call, &nothing);
        group_end(f->group);
    }
    if (!accel_error_is_set())
        return false;
    return (f->group ? group_verdict(f->group) : accel_error_status()) == ACCEL_ENOMEM;
}

/* The group is lost with the process whose memory ran out: all meet in another one. */
static accel_status meet_again(facade *f)
{
    if (!f->group)
        return ACCEL_OK;
    const group_timeouts timeouts = {.meeting = f->options.timeout, .call = f->options.timeout};
    group *next = group_join(&f->ranks, timeouts, f->device);
    if (!next)
        return accel_error_status();
    group_free(f->group);
    f->group = next;
    return ACCEL_OK;
}

static int64_t reduced(const accelerator_batch_size_search *s)
{
    if (!s->options.reduce)
        return s->batch_size * 9 / 10;
    callback running;
    callback_begin(&running, CALLBACK_REDUCE, NULL);
    int64_t smaller = s->options.reduce(s->batch_size, s->options.user);
    callback_end(&running);
    return smaller;
}

static accel_status check_reduced(const accelerator_batch_size_search *s, int64_t smaller,
                                  const accel_error *error)
{
    if (smaller < 1)
        return accel_error_raise(ACCEL_ENOMEM, call, "no executable batch size found, %lld was the last: %s",
                                 (long long)s->batch_size, error->message);
    if (smaller >= s->batch_size)
        return accel_error_raise(ACCEL_EINVAL, call, "reduce must give less than %lld, got %lld",
                                 (long long)s->batch_size, (long long)smaller);
    return ACCEL_OK;
}

static bool try_again(accelerator_batch_size_search *s, facade *f)
{
    accel_error error;
    error_take(&error);
    drop_run(s);
    forget(f, f->prepared_least);
    if (meet_again(f) != ACCEL_OK)
        return false;
    int64_t smaller = reduced(s);
    if (check_reduced(s, smaller, &error) != ACCEL_OK)
        return false;
    accelerator_log_line(s->acc, ACCEL_LOG_INFO, "batch size %lld does not fit into memory, trying %lld",
                         (long long)s->batch_size, (long long)smaller);
    s->batch_size = smaller;
    return begin_run(s, f);
}

bool accelerator_batch_size_search_next(accelerator_batch_size_search *s)
{
    facade *f = facade_if_live(s->acc);
    if (!s->begun)
        return f && !accel_error_is_set() && begin_run(s, f);
    if (!f || !s->scope)
        return keep_run(s);
    if (ran_out(f))
        return try_again(s, f);
    return accel_error_is_set() ? drop_run(s) : keep_run(s);
}

void accelerator_batch_size_search_end(accelerator_batch_size_search *s)
{
    if (s)
        keep_run(s);
}
