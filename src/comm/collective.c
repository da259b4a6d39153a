#include "comm/collective.h"

#include <string.h>

#include <accel/autograd.h>
#include <accel/op.h>
#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"
#include "comm/call.h"
#include "tensor/device.h"
#include "tensor/tensor.h"

/* A call under way: what is asked, this process's data without gaps, what all of them sent along, what comes out. */
typedef struct exchange {
    group *group;
    const char *call;
    accel_tensor *tensor;
    const char *reduction;
    double scale;
    int root;
    bool mean;
    accel_tensor *data;
    bool inlined;
    call_frame own, *frames;
    accel_tensor *result; /* new; NULL for none */
} exchange;

/* Of what the engine makes: a complex tensor has no accel_dtype. */
bool collective_can_send(const char *call, accel_tensor *tensor)
{
    engine_view view;
    if (!tensor_check_strided(tensor, call) || tensor_view(tensor, call, &view) != ACCEL_OK)
        return false;
    if (accel_dtype_size(view.dtype) == 0)
        accel_error_raise(
            ACCEL_EUNSUPPORTED, call,
            "tensor has none of the dtypes of accel_dtype; accel_op(\"aten::view_as_real\", tensor) "
            "gives a complex one as pairs");
    else if (view.rank > CALL_DIMENSIONS)
        accel_error_raise(ACCEL_EUNSUPPORTED, call, "tensor has %zu dimensions, at most %d can be sent",
                          view.rank, CALL_DIMENSIONS);
    return !accel_error_is_set();
}

bool collective_can_receive(const char *call, accel_tensor *tensor)
{
    engine_view view;
    if (tensor_view(tensor, call, &view) == ACCEL_OK && tensor_overlaps_itself(&view))
        accel_error_raise(ACCEL_EINVAL, call,
                          "tensor has elements that are the same memory, as accel_expand makes them");
    return !accel_error_is_set();
}

/* Where the data travel, as much as there may be: those on the group's device stay there. */
static accel_device device_of(const exchange *e)
{
    const accel_device device = accel_tensor_device(e->tensor);
    return !e->group || accel_device_is(device, group_device(e->group)) ? device : accel_device_cpu();
}

/* The same for as few as ride along with the call, which is the CPU's. */
static accel_device device_of_data(const exchange *e)
{
    bool rides = e->group && accel_tensor_bytes(e->tensor) <= CALL_PAYLOAD;
    return rides ? accel_device_cpu() : device_of(e);
}

/* What this process has to say, or its failure. */
static void describe(exchange *e, call_sequel sequel, void (*check)(exchange *e))
{
    call_name(&e->own, e->call);
    if (collective_can_send(e->call, e->tensor))
        e->data = tensor_plain_on(e->tensor, device_of_data(e), e->call);
    if (!accel_error_is_set())
        check(e);
    if (!accel_error_is_set() && call_describe(&e->own, e->data, &e->inlined) == ACCEL_OK) {
        e->own.device = (int32_t)device_of(e).type; /* however few there are: nothing works for little alone */
        e->own.gpu = call_gpu(accel_tensor_device(e->tensor));
    }
    e->own.sequel = (int32_t)(e->inlined ? CALL_NOTHING : sequel);
}

/* Runs `body`, once the processes agreed on the call, as a whole call of the group. Its result alone outlives it. */
static void run(exchange *e, call_sequel sequel, void (*check)(exchange *e), void (*body)(exchange *e))
{
    if (!group_begin(e->group, e->call))
        return;
    accel_no_grad()
        accel_scoped() {
            describe(e, sequel, check);
            e->frames = call_exchange(e->group, &e->own);
            if (e->frames)
                body(e);
            if (e->result)
                e->result = device_tensor(e->result, accel_tensor_device(e->tensor), e->call);
            e->result = accel_error_is_set() ? NULL : accel_keep(e->result);
        }
    memory_free(e->frames);
    if (group_end(e->group) != ACCEL_OK)
        e->result = NULL;
}

static void nothing(exchange *e) { (void)e; }

/* ---- gather ---- */

static void join_payloads(const exchange *e, accel_tensor *result)
{
    size_t bytes = accel_tensor_bytes(e->data);
    char *to = accel_tensor_data(result);
    for (int i = 0; i < group_size(e->group) && to; i++)
        if (!e->frames[i].joined) {
            memcpy(to, e->frames[i].payload, bytes);
            to += bytes;
        }
}

/* The same memory as one row of bytes, so that every dtype travels. */
static accel_tensor *as_bytes(accel_tensor *tensor)
{
    return accel_op("aten::view.dtype", accel_view(tensor, ACCEL_SHAPE(-1)), ACCEL_UINT8);
}

static void gather_large(const exchange *e, accel_tensor *result)
{
    accel_tensor *in = as_bytes(e->data), *out = as_bytes(result);
    if (in && out)
        engine_all_gather(group_engine(e->group), e->call, out, in);
}

/* The same where some processes have nothing to add. */
static void gather_large_of_present(const exchange *e, accel_tensor *result)
{
    int64_t bytes = (int64_t)accel_tensor_bytes(e->data);
    accel_tensor *in = as_bytes(e->data);
    accel_tensor *all = device_empty(e->data, ACCEL_UINT8, ACCEL_SHAPE(bytes * group_size(e->group)));
    accel_tensor *out = as_bytes(result);
    int64_t filled = 0;
    if (!in || !all || engine_all_gather(group_engine(e->group), e->call, all, in) != ACCEL_OK)
        return;
    for (int i = 0; i < group_size(e->group); i++)
        if (!e->frames[i].joined) {
            accel_tensor_assign(accel_narrow(out, 0, filled, bytes), accel_narrow(all, 0, i * bytes, bytes));
            filled += bytes;
        }
}

static void gather(exchange *e)
{
    int64_t sizes[CALL_DIMENSIONS];
    int present = group_count_present(e->group);
    memcpy(sizes, e->own.sizes, sizeof sizes);
    sizes[0] = (e->own.rank > 0 ? sizes[0] : 1) * present;
    e->result =
        device_empty(e->data, (accel_dtype)e->own.dtype, sizes, e->own.rank > 0 ? (size_t)e->own.rank : 1);
    if (e->result && e->inlined)
        join_payloads(e, e->result);
    else if (e->result && present < group_size(e->group))
        gather_large_of_present(e, e->result);
    else if (e->result && e->group)
        gather_large(e, e->result);
    else if (e->result)
        accel_tensor_assign(e->result, e->data);
}

accel_tensor *collective_gather(group *g, const char *call, accel_tensor *tensor)
{
    exchange e = {.group = g, .call = call, .tensor = tensor};
    run(&e, CALL_GATHER, nothing, gather);
    return e.result;
}

/* ---- reduce ---- */

/* The same addition in every process. */
static accel_tensor *sum_payloads(const exchange *e)
{
    int64_t sizes[CALL_DIMENSIONS + 1] = {group_count_present(e->group)};
    memcpy(sizes + 1, e->own.sizes, sizeof e->own.sizes);
    accel_tensor *stacked = accel_empty((accel_dtype)e->own.dtype, sizes, (size_t)e->own.rank + 1);
    if (stacked && accel_tensor_numel(stacked) > 0)
        join_payloads(e, stacked);
    return accel_op("aten::sum.dim_IntList", stacked, ACCEL_INTS(0), ACCEL_BOOL(false), e->own.dtype);
}

/* Transports do not add int16. */
static accel_tensor *sum_large(const exchange *e)
{
    bool narrow = e->own.dtype == ACCEL_INT16;
    accel_tensor *sum = narrow ? accel_to_dtype(e->data, ACCEL_INT32) : accel_clone(e->data);
    if (sum && e->group)
        engine_all_reduce(group_engine(e->group), e->call, sum);
    return narrow ? accel_to_dtype(sum, ACCEL_INT16) : sum;
}

static void reduce(exchange *e)
{
    e->result = e->inlined ? sum_payloads(e) : sum_large(e);
    if (e->result && e->mean)
        e->result = accel_op("aten::div_.Scalar", e->result, (double)group_count_present(e->group));
    if (e->result && e->scale != 1)
        e->result = accel_op("aten::mul_.Scalar", e->result, e->scale);
}

static void check_reduction(exchange *e)
{
    accel_dtype dtype = accel_tensor_dtype(e->data);
    const char *name = e->reduction ? e->reduction : "";
    call_option(&e->own, "reduction", "\"%s\"", name);
    e->own.scale = e->scale;
    e->mean = strcmp(name, "mean") == 0;
    if (!e->reduction)
        accel_error_raise(ACCEL_EINVAL, e->call, "reduction is NULL; there is sum, mean");
    else if (!e->mean && strcmp(name, "sum") != 0)
        accel_error_raise(ACCEL_EINVAL, e->call, "no reduction is called \"%s\"; there is sum, mean", name);
    else if (dtype == ACCEL_BOOLEAN)
        accel_error_raise(ACCEL_EINVAL, e->call, "tensor has dtype bool, which has no sum");
    else if ((e->mean || e->scale != 1) && !accel_dtype_is_floating(dtype))
        accel_error_raise(ACCEL_EINVAL, e->call, "tensor has dtype %s, a mean or a scale needs a floating one",
                          accel_dtype_name(dtype));
}

accel_tensor *collective_reduce(group *g, const char *call, accel_tensor *tensor, const char *reduction,
                                double scale)
{
    exchange e = {.group = g, .call = call, .tensor = tensor, .reduction = reduction, .scale = scale};
    run(&e, CALL_REDUCE, check_reduction, reduce);
    return e.result;
}

/* ---- broadcast ---- */

static void broadcast(exchange *e)
{
    accel_tensor *values = e->data;
    if (!group_is_present(e->group, e->root)) {
        accel_error_raise(ACCEL_EINVAL, e->call, "process %d has run out of inputs, and has nothing to send",
                          e->root);
        group_agree(e->group);
        return;
    }
    if (accel_tensor_numel(values) == 0)
        return;
    if (e->inlined)
        values = accel_tensor_copy_from(e->frames[e->root].payload, (accel_dtype)e->own.dtype, e->own.sizes,
                                        (size_t)e->own.rank);
    else if (e->group)
        engine_broadcast(group_engine(e->group), e->call, as_bytes(values), e->root);
    if (!accel_error_is_set())
        accel_tensor_assign(e->tensor, values);
}

static void check_root(exchange *e)
{
    collective_can_receive(e->call, e->tensor);
    call_option(&e->own, "from_process", "%d", e->root);
    e->own.subject = e->root;
    if (e->root < 0 || e->root >= group_size(e->group))
        accel_error_raise(ACCEL_EINVAL, e->call, "process %d does not exist, there are %d", e->root,
                          group_size(e->group));
}

accel_status collective_broadcast(group *g, const char *call, accel_tensor *tensor, int root)
{
    exchange e = {.group = g, .call = call, .tensor = tensor, .root = root};
    run(&e, CALL_BROADCAST, check_root, broadcast);
    return accel_error_status();
}

/* ---- barrier ---- */

accel_status collective_barrier(group *g, const char *call)
{
    call_frame own;
    if (!group_begin(g, call))
        return accel_error_status();
    call_name(&own, call);
    memory_free(call_exchange(g, &own));
    return group_end(g);
}
