#include "comm/bucket.h"

#include <accel/op.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "comm/call.h"
#include "comm/collective.h"
#include "tensor/tensor.h"

/* ---- making ---- */

/* Ends what the bucket gives out: nobody else does, since a function only borrows it. */
static void release_tensors(accel_grad_bucket *b)
{
    object_release(b->buffer);
    b->buffer = NULL;
    for (size_t i = 0; b->gradients && i < b->count; i++) {
        object_release(b->gradients[i]);
        b->gradients[i] = NULL;
    }
}

/* The parts of the buffer, in the shapes of their parameters. */
static accel_status cut(accel_grad_bucket *b)
{
    int64_t offset = 0;
    for (size_t i = 0; i < b->count && !accel_error_is_set(); i++) {
        engine_view view;
        if (tensor_view(accel_grad_bucket_parameter(b, i), "accelerator_backward", &view) != ACCEL_OK)
            break;
        b->gradients[i] =
            object_take(accel_view(accel_narrow(b->buffer, 0, offset, view.numel), view.sizes, view.rank));
        offset += view.numel;
    }
    return accel_error_status();
}

accel_status bucket_init(accel_grad_bucket *b, const bucket_source *source, const engine_bucket *given)
{
    *b = (accel_grad_bucket){.source = source,
                             .parameters = given->parameters,
                             .count = given->count,
                             .index = given->index,
                             .is_last = given->is_last};
    b->gradients = memory_alloc(b->count, sizeof(accel_tensor *));
    return bucket_set_buffer(b, tensor_create(given->buffer));
}

void bucket_dispose(accel_grad_bucket *b)
{
    release_tensors(b);
    memory_free(b->gradients);
    *b = (accel_grad_bucket){0};
}

accel_status bucket_set_buffer(accel_grad_bucket *b, accel_tensor *buffer)
{
    release_tensors(b);
    b->buffer = object_take(buffer);
    return buffer && b->gradients ? cut(b) : accel_error_status();
}

/* ---- looking ---- */

/* A bucket that is over has no parameters. */
static bool is_open(const accel_grad_bucket *b, const char *call)
{
    if (b && b->source)
        return true;
    accel_error_raise(ACCEL_EINVAL, call,
                      b ? "bucket is used after its function has returned" : "bucket is NULL");
    return false;
}

accel_tensor *accel_grad_bucket_buffer(accel_grad_bucket *b) { return is_open(b, __func__) ? b->buffer : NULL; }

size_t accel_grad_bucket_count(accel_grad_bucket *b) { return is_open(b, __func__) ? b->count : 0; }

accel_tensor *accel_grad_bucket_gradient(accel_grad_bucket *b, size_t i)
{
    return is_open(b, __func__) && i < b->count ? b->gradients[i] : NULL;
}

accel_tensor *accel_grad_bucket_parameter(accel_grad_bucket *b, size_t i)
{
    if (!is_open(b, __func__) || i >= b->count)
        return NULL;
    return accel_dict_tensor(b->source->parameters, b->source->trained[b->parameters[i]]);
}

const char *accel_grad_bucket_name(accel_grad_bucket *b, size_t i)
{
    if (!is_open(b, __func__) || i >= b->count)
        return NULL;
    return accel_dict_name(b->source->parameters, b->source->trained[b->parameters[i]]);
}

size_t accel_grad_bucket_index(accel_grad_bucket *b) { return is_open(b, __func__) ? b->index : 0; }
bool accel_grad_bucket_is_last(accel_grad_bucket *b) { return is_open(b, __func__) && b->is_last; }

int accel_grad_bucket_num_processes(accel_grad_bucket *b)
{
    return is_open(b, __func__) ? group_size(b->source->group) : -1;
}

/* ---- adding up ---- */

accel_status bucket_sum(accel_grad_bucket *b, accel_tensor *tensor)
{
    RETURN_STATUS_IF_FAILED();
    return engine_reducer_all_reduce(b->source->reducer, "accel_grad_bucket_all_reduce", tensor);
}

/* Without gaps and where the gradients are, when it can be added up; NULL with the reason recorded. */
static accel_tensor *make_data(const accel_grad_bucket *b, const char *call, accel_tensor *tensor)
{
    if (!collective_can_send(call, tensor) || !collective_can_receive(call, tensor))
        return NULL;
    accel_dtype dtype = accel_tensor_dtype(tensor);
    if (dtype == ACCEL_BOOLEAN || dtype == ACCEL_INT16)
        accel_error_raise(ACCEL_EUNSUPPORTED, call, "tensor has dtype %s, which is not added up",
                          accel_dtype_name(dtype));
    return tensor_plain_on(tensor, accel_tensor_device(b->buffer), call);
}

/* Processes that ask for different sums, or one that cannot ask, end all of them in the middle of a backward pass. One that has
   joined says so here, too, and only follows. */
static accel_status agree(accel_grad_bucket *b, const char *call, accel_tensor *data)
{
    group *g = b->source->group;
    call_frame own;
    bool inlined;
    call_name(&own, call);
    call_option(&own, "bucket", "%zu", b->index);
    own.joined = group_joins(g) && !group_is_present(g, group_rank(g));
    if (!accel_error_is_set())
        call_describe(&own, data, &inlined);
    memory_free(call_exchange(g, &own));
    if (accel_error_is_set())
        group_lose(g);
    return accel_error_status();
}

accel_status accel_grad_bucket_all_reduce(accel_grad_bucket *b, accel_tensor *tensor)
{
    RETURN_STATUS_IF_FAILED();
    if (!is_open(b, __func__))
        return accel_error_status();
    group *g = b->source->group;
    const char *pass = group_go_into(g, __func__);
    accel_tensor *data = make_data(b, __func__, tensor);
    if (agree(b, __func__, data) == ACCEL_OK && accel_tensor_numel(data) > 0 &&
        bucket_sum(b, data) == ACCEL_OK && engine_tensor_data(data) != engine_tensor_data(tensor))
        accel_tensor_assign(tensor, data);
    accel_free(data);
    if (!accel_error_is_set())
        group_go_into(g, pass);
    return accel_error_status();
}
