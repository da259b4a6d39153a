#include "comm/mean.h"

#include <accel/autograd.h>
#include <accel/op.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "comm/call.h"

enum { MESSAGE_BYTES = 25 << 20 };

typedef struct message_list {
    group *group;
    const char *call;
    accel_tensor **tensors; /* of one dtype, which have not been sent; without gradients */
    accel_tensor **rows;
    size_t count, bytes;
} message_list;

static void put_back(accel_tensor *tensor, accel_tensor *means)
{
    accel_tensor_assign(tensor, accel_view(means, accel_tensor_sizes(tensor), accel_tensor_rank(tensor)));
}

/* All that are listed, in one message. */
static void send(message_list *m)
{
    int64_t offset = 0;
    if (m->count == 0 || accel_error_is_set())
        return;
    accel_scoped() {
        for (size_t i = 0; i < m->count; i++)
            m->rows[i] = accel_reshape(m->tensors[i], ACCEL_SHAPE(-1));
        accel_tensor *all = accel_cat(m->rows, m->count, 0);
        if (all && engine_all_reduce(group_engine(m->group), m->call, all) == ACCEL_OK)
            accel_op("aten::div_.Scalar", all, group_size(m->group));
        for (size_t i = 0; i < m->count && !accel_error_is_set(); i++) {
            int64_t size = accel_tensor_numel(m->tensors[i]);
            put_back(m->tensors[i], accel_narrow(all, 0, offset, size));
            offset += size;
        }
    }
    m->count = m->bytes = 0;
}

static void send_dtype(message_list *m, accel_dict *tensors, accel_dtype dtype)
{
    for (size_t i = 0; i < accel_dict_count(tensors) && !accel_error_is_set(); i++) {
        accel_tensor *tensor = accel_dict_tensor(tensors, i);
        if (accel_tensor_dtype(tensor) != dtype || accel_tensor_numel(tensor) == 0)
            continue;
        m->tensors[m->count++] = accel_detach(tensor);
        m->bytes += accel_tensor_bytes(tensor);
        if (m->bytes >= MESSAGE_BYTES)
            send(m);
    }
    send(m);
}

static void send_all(group *g, const char *call, accel_dict *tensors)
{
    static const accel_dtype dtypes[] = {ACCEL_FLOAT32, ACCEL_FLOAT64, ACCEL_BFLOAT16, ACCEL_FLOAT16};
    size_t count = accel_dict_count(tensors);
    accel_tensor **lists = memory_alloc(2 * count, sizeof *lists);
    message_list m = {.group = g, .call = call, .tensors = lists, .rows = lists ? lists + count : NULL};
    for (size_t i = 0; lists && i < sizeof dtypes / sizeof dtypes[0]; i++)
        send_dtype(&m, tensors, dtypes[i]);
    memory_free(lists);
}

accel_status mean_take(group *g, const char *call, accel_dict *tensors, const char *moment)
{
    call_frame own, *frames = NULL;
    if (!group_begin(g, call))
        return accel_error_status();
    call_name(&own, call);
    call_option(&own, "step", "%s", moment);
    accel_no_grad()
        accel_scoped() {
            frames = call_exchange(g, &own);
            if (frames && group_size(g) > 1)
                send_all(g, call, tensors);
        }
    memory_free(frames);
    return group_end(g);
}
