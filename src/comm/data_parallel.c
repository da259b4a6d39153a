#include "comm/data_parallel.h"

#include <math.h>
#include <strings.h>

#include <accel/options.h>

static const char call[] = "accelerator_create";

accel_data_parallel_options accel_data_parallel_options_default(void)
{
    return (accel_data_parallel_options){ACCEL_DATA_PARALLEL_DEFAULTS()};
}

accel_power_sgd_options accel_power_sgd_options_default(void)
{
    return (accel_power_sgd_options){ACCEL_POWER_SGD_DEFAULTS()};
}

static const char *const names[] = {
    [ACCEL_COMM_HOOK_NO] = "no",
    [ACCEL_COMM_HOOK_FP16] = "fp16",
    [ACCEL_COMM_HOOK_BF16] = "bf16",
    [ACCEL_COMM_HOOK_POWER_SGD] = "power_sgd",
    [ACCEL_COMM_HOOK_BATCHED_POWER_SGD] = "batched_power_sgd",
};

enum { HOOKS = sizeof names / sizeof names[0] };

const char *accel_comm_hook_name(accel_comm_hook hook) { return (unsigned)hook < HOOKS ? names[hook] : NULL; }

bool accel_comm_hook_find(const char *name, accel_comm_hook *hook)
{
    for (int i = 0; name && i < HOOKS; i++)
        if (strcasecmp(names[i], name) == 0) {
            *hook = (accel_comm_hook)i;
            return true;
        }
    return false;
}

/* ---- checking ---- */

bool data_parallel_is_power_sgd(accel_comm_hook hook)
{
    return hook == ACCEL_COMM_HOOK_POWER_SGD || hook == ACCEL_COMM_HOOK_BATCHED_POWER_SGD;
}

static accel_status check_hooks(const accel_data_parallel_options *o)
{
    const char *hook = accel_comm_hook_name(o->comm_hook), *wrapper = accel_comm_hook_name(o->comm_wrapper);
    if (!hook)
        return accel_error_raise(ACCEL_EINVAL, call, "comm_hook is of unknown kind %d", (int)o->comm_hook);
    if (!wrapper)
        return accel_error_raise(ACCEL_EINVAL, call, "comm_wrapper is of unknown kind %d",
                                 (int)o->comm_wrapper);
    if (data_parallel_is_power_sgd(o->comm_wrapper))
        return accel_error_raise(ACCEL_EINVAL, call, "comm_wrapper must be no, fp16 or bf16, got %s", wrapper);
    if (o->comm_hook_function && o->comm_hook != ACCEL_COMM_HOOK_NO)
        return accel_error_raise(ACCEL_EINVAL, call, "comm_hook is %s, and there is a comm_hook_function",
                                 hook);
    if (o->comm_wrapper != ACCEL_COMM_HOOK_NO && o->comm_hook == ACCEL_COMM_HOOK_NO && !o->comm_hook_function)
        return accel_error_raise(ACCEL_EINVAL, call, "comm_wrapper is %s, and there is no comm_hook in it",
                                 wrapper);
    if (o->power_sgd && !data_parallel_is_power_sgd(o->comm_hook))
        return accel_error_raise(ACCEL_EINVAL, call, "power_sgd is given, but comm_hook is %s", hook);
    return ACCEL_OK;
}

static accel_status check_above(const char *name, double value, double limit)
{
    if (value > limit && isfinite(value))
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, call, "%s must be above %g, got %g", name, limit, value);
}

static accel_status check_power_sgd(const accel_power_sgd_options *o)
{
    bool remembers = o->use_error_feedback || o->warm_start;
    if (check_above("matrix_approximation_rank", (double)o->matrix_approximation_rank, 0) != ACCEL_OK ||
        check_above("min_compression_rate", o->min_compression_rate, 0) != ACCEL_OK ||
        check_above("compression_stats_logging_frequency", (double)o->compression_stats_logging_frequency, 0) !=
            ACCEL_OK)
        return accel_error_status();
    if (!(o->orthogonalization_epsilon >= 0 && isfinite(o->orthogonalization_epsilon)))
        return accel_error_raise(ACCEL_EINVAL, call, "orthogonalization_epsilon must not be negative, got %g",
                                 o->orthogonalization_epsilon);
    if (o->start_power_sgd_iter < (remembers ? 2 : 0))
        return accel_error_raise(ACCEL_EINVAL, call, "start_power_sgd_iter must be at least %d%s, got %lld",
                                 remembers ? 2 : 0, remembers ? " with use_error_feedback or warm_start" : "",
                                 (long long)o->start_power_sgd_iter);
    return ACCEL_OK;
}

accel_status data_parallel_init(data_parallel *d, const accel_data_parallel_options *given)
{
    enum { BUCKET_MAX_MB = 65536 };
    accel_data_parallel_options *o = &d->options;
    *d = (data_parallel){accel_data_parallel_options_default(), accel_power_sgd_options_default()};
    if (accel_options_read(call, o, sizeof *o, given) != ACCEL_OK)
        return accel_error_status();
    if (!(o->bucket_cap_mb > 0 && o->bucket_cap_mb <= BUCKET_MAX_MB))
        return accel_error_raise(ACCEL_EINVAL, call, "bucket_cap_mb must be in (0, %d], got %g", BUCKET_MAX_MB,
                                 o->bucket_cap_mb);
    if (check_hooks(o) != ACCEL_OK ||
        accel_options_read(call, &d->power_sgd, sizeof d->power_sgd, o->power_sgd) != ACCEL_OK)
        return accel_error_status();
    o->power_sgd = NULL;
    return check_power_sgd(&d->power_sgd);
}

/* ---- describing ---- */

static void describe_power_sgd(const accel_power_sgd_options *o, buffer *text)
{
    buffer_printf(
        text, "matrix_approximation_rank %lld\nstart_power_sgd_iter %lld\nmin_compression_rate %.17g\n",
        (long long)o->matrix_approximation_rank, (long long)o->start_power_sgd_iter, o->min_compression_rate);
    buffer_printf(
        text, "use_error_feedback %d\nwarm_start %d\northogonalization_epsilon %.17g\nrandom_seed %lu\n",
        o->use_error_feedback, o->warm_start, o->orthogonalization_epsilon, (unsigned long)o->random_seed);
    buffer_printf(text, "batch_tensors_with_same_shape %d\n", o->batch_tensors_with_same_shape);
}

void data_parallel_describe(const data_parallel *d, buffer *text)
{
    const accel_data_parallel_options *o = &d->options;
    buffer_printf(text, "bucket_cap_mb %.17g\ngradient_as_bucket_view %d\nbroadcast_buffers %d\n",
                  o->bucket_cap_mb, o->gradient_as_bucket_view, o->broadcast_buffers);
    buffer_printf(text, "find_unused_parameters %d\nstatic_graph %d\n", o->find_unused_parameters,
                  o->static_graph);
    buffer_printf(text, "comm_hook %s\ncomm_wrapper %s\n",
                  o->comm_hook_function ? "of the program" : accel_comm_hook_name(o->comm_hook),
                  accel_comm_hook_name(o->comm_wrapper));
    if (data_parallel_is_power_sgd(o->comm_hook))
        describe_power_sgd(&d->power_sgd, text);
}
