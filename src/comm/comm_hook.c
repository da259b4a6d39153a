#include "comm/comm_hook.h"

#include <accel/op.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "base/callback.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"
#include "comm/power_sgd.h"
#include "tensor/tensor.h"

struct comm_hook {
    bucket_source source;
    accel_comm_hook kind, wrapper;
    accel_comm_hook_function *function;
    void *user;
    power_sgd *power_sgd;     /* NULL: none */
    accel_scope *kept;        /* what functions keep, on whatever threads, until the pass ends */
    accel_grad_bucket bucket; /* at hand */
};

bool comm_hook_is_needed(const data_parallel *options)
{
    const accel_data_parallel_options *o = &options->options;
    return o->comm_hook_function || o->comm_wrapper != ACCEL_COMM_HOOK_NO ||
           data_parallel_is_power_sgd(o->comm_hook);
}

comm_hook *comm_hook_create(const bucket_source *source, const data_parallel *options)
{
    const accel_data_parallel_options *o = &options->options;
    comm_hook *h = memory_alloc(1, sizeof *h);
    if (!h)
        return NULL;
    *h = (comm_hook){.source = *source,
                     .kind = o->comm_hook,
                     .wrapper = o->comm_wrapper,
                     .function = o->comm_hook_function,
                     .user = o->comm_hook_user};
    h->kept = scope_create();
    if (data_parallel_is_power_sgd(h->kind))
        h->power_sgd = power_sgd_create(&options->power_sgd);
    if (!accel_error_is_set())
        return h;
    comm_hook_free(h);
    return NULL;
}

void comm_hook_free(comm_hook *h)
{
    if (!h)
        return;
    power_sgd_free(h->power_sgd);
    scope_free(h->kept);
    memory_free(h);
}

void comm_hook_end_pass(comm_hook *h)
{
    if (h)
        scope_clear(h->kept);
}

accel_dtype comm_hook_dtype(accel_comm_hook kind)
{
    return kind == ACCEL_COMM_HOOK_FP16 ? ACCEL_FLOAT16 : ACCEL_BFLOAT16;
}

/* Source: _compress_hook of torch's default_hooks. */
static accel_tensor *compress(accel_grad_bucket *b, accel_dtype dtype)
{
    accel_tensor *sent = accel_to_dtype(b->buffer, dtype);
    accel_op("aten::div_.Scalar", sent, accel_grad_bucket_num_processes(b));
    bucket_sum(b, sent);
    accel_tensor_assign(b->buffer, sent);
    return b->buffer;
}

static accel_tensor *call_function(const comm_hook *h, accel_grad_bucket *b)
{
    callback running;
    callback_begin(&running, CALLBACK_COMM_HOOK, h->source.group);
    accel_tensor *averages = h->function(b, h->user);
    callback_end(&running);
    return averages;
}

static accel_tensor *average(comm_hook *h, accel_grad_bucket *b)
{
    if (h->function)
        return call_function(h, b);
    if (h->kind == ACCEL_COMM_HOOK_POWER_SGD)
        return power_sgd_average(h->power_sgd, b);
    if (h->kind == ACCEL_COMM_HOOK_BATCHED_POWER_SGD)
        return power_sgd_average_batched(h->power_sgd, b);
    return compress(b, comm_hook_dtype(h->kind));
}

/* What a function of the program gave, as the engine takes it. */
static accel_tensor *check(accel_tensor *averages, int64_t length, accel_dtype dtype)
{
    static const char call[] = "accelerator_backward";
    engine_view view;
    char shape[TENSOR_SHAPE_TEXT];
    if (accel_error_is_set())
        return NULL;
    if (!averages)
        accel_error_raise(ACCEL_EINVAL, call, "comm_hook_function returned NULL");
    else if (tensor_check(averages, call, "the result of comm_hook_function") &&
             tensor_view(averages, call, &view) == ACCEL_OK &&
             !(view.rank == 1 && view.numel == length && accel_dtype_is_floating(view.dtype)))
        accel_error_raise(
            ACCEL_EINVAL, call,
            "comm_hook_function gave %s %s, the bucket has %lld elements in a row, of a floating dtype",
            accel_dtype_name(view.dtype), tensor_shape_text(view.sizes, view.rank, shape), (long long)length);
    return accel_error_is_set() ? NULL : accel_op("aten::contiguous", accel_to_dtype(averages, dtype));
}

static engine_payload run(comm_hook *h, const engine_bucket *given)
{
    accel_grad_bucket *b = &h->bucket;
    if (bucket_init(b, &h->source, given) != ACCEL_OK)
        return NULL;
    int64_t length = accel_tensor_numel(b->buffer);
    accel_dtype dtype = accel_tensor_dtype(b->buffer);
    if (h->wrapper != ACCEL_COMM_HOOK_NO)
        bucket_set_buffer(b, accel_to_dtype(b->buffer, comm_hook_dtype(h->wrapper)));
    accel_tensor *averages = accel_error_is_set() ? NULL : check(average(h, b), length, dtype);
    return averages ? engine_tensor_share(averages) : NULL;
}

engine_payload comm_hook_run(const engine_bucket *given, void *user)
{
    comm_hook *h = user;
    engine_payload averages = NULL;
    scope_enter(h->kept);
    accel_scoped() {
        averages = run(h, given);
    }
    scope_leave(h->kept);
    bucket_dispose(&h->bucket);
    return averages;
}
