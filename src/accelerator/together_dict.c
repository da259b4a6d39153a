/* Collective calls on dicts: the same call on every entry, once all processes agree on all of them. */
#include <accel/collective.h>
#include <accel/options.h>
#include <accel/scope.h>

#include "accelerator/facade.h"
#include "accelerator/metrics.h"
#include "base/buffer.h"
#include "base/error.h"
#include "comm/agreement.h"
#include "comm/collective.h"
#include "tensor/dict.h"
#include "tensor/tensor.h"

/* What is done to an entry: a new tensor, or NULL for none. */
typedef accel_tensor *entry_call(accelerator *acc, accel_tensor *tensor, const void *user);

typedef struct dict_call {
    const char *name;
    entry_call *one;
    const void *user;
    bool writes; /* into the entries */
    bool pads;   /* sizes may differ, and `one` compares the rest */
} dict_call;

/* ---- what all processes agree on, before anything moves ---- */

/* In one line, and as no other name is written. */
static void append_name(buffer *text, const char *name)
{
    buffer_append(text, "\"", 1);
    for (; *name; name++) {
        if (*name == '\\' || *name == '\n')
            buffer_append(text, "\\", 1);
        buffer_append(text, *name == '\n' ? "n" : name, 1);
    }
    buffer_append(text, "\"", 1);
}

/* A line for an entry, or why it cannot take part. */
static void describe(buffer *text, const dict_call *call, const char *name, accel_tensor *tensor)
{
    engine_view view;
    char shape[TENSOR_SHAPE_TEXT];
    append_name(text, name);
    if (!call->pads && collective_can_send(call->name, tensor) &&
        (!call->writes || collective_can_receive(call->name, tensor)) &&
        tensor_view(tensor, call->name, &view) == ACCEL_OK)
        buffer_printf(text, " %s %s", accel_dtype_name(view.dtype),
                      tensor_shape_text(view.sizes, view.rank, shape));
    buffer_append(text, "\n", 1);
    error_append(" [in entry \"%s\"]", name);
}

static accel_status agree(facade *f, accel_dict *dict, const dict_call *call)
{
    buffer text = {0};
    if (!group_begin(f->group, call->name))
        return accel_error_status();
    object_check(dict, &dict_class, call->name, "dict");
    for (size_t i = 0; f->group && !accel_error_is_set() && i < accel_dict_count(dict); i++)
        describe(&text, call, accel_dict_name(dict, i), accel_dict_tensor(dict, i));
    agreement_check(f->group, call->name, "the dict", text.data ? text.data : "");
    buffer_dispose(&text);
    return group_end(f->group);
}

static accel_dict *call_each(accelerator *acc, accel_dict *dict, const dict_call *call)
{
    facade *f = facade_of_all(acc, call->name);
    if (!f || agree(f, dict, call) != ACCEL_OK)
        return NULL;
    accel_dict *results = accel_dict_create();
    for (size_t i = 0; results && i < accel_dict_count(dict) && !accel_error_is_set(); i++)
        accel_scoped() {
            accel_tensor *result = call->one(acc, accel_dict_tensor(dict, i), call->user);
            if (result)
                accel_dict_set(results, accel_dict_name(dict, i), result);
            error_append(" [in entry \"%s\"]", accel_dict_name(dict, i));
        }
    if (!accel_error_is_set())
        return results;
    accel_free(results);
    return NULL;
}

/* ---- the calls ---- */

static accel_tensor *gather_one(accelerator *acc, accel_tensor *tensor, const void *user)
{
    (void)user;
    return accelerator_gather(acc, tensor);
}

accel_dict *accelerator_gather_dict(accelerator *acc, accel_dict *dict)
{
    return call_each(acc, dict, &(const dict_call){.name = __func__, .one = gather_one});
}

static accel_tensor *gather_one_for_metrics(accelerator *acc, accel_tensor *tensor, const void *user)
{
    (void)user;
    return accelerator_gather_for_metrics(acc, tensor);
}

accel_dict *accelerator_gather_for_metrics_dict(accelerator *acc, accel_dict *dict)
{
    facade *f = facade_of(acc, __func__);
    const dict_call call = {.name = __func__,
                            .one = gather_one_for_metrics,
                            .pads = f && f->group && metrics_rows_differ(f, metrics_round(f))};
    return call_each(acc, dict, &call);
}

static accel_tensor *reduce_one(accelerator *acc, accel_tensor *tensor, const void *user)
{
    return accelerator_reduce_with(acc, tensor, user);
}

accel_dict *accelerator_reduce_dict_with(accelerator *acc, accel_dict *dict,
                                         const accelerator_reduce_options *options)
{
    const dict_call call = {.name = "accelerator_reduce_dict", .one = reduce_one, .user = options};
    return call_each(acc, dict, &call);
}

static accel_tensor *broadcast_one(accelerator *acc, accel_tensor *tensor, const void *user)
{
    accelerator_broadcast(acc, tensor, *(const int *)user);
    return NULL;
}

accel_status accelerator_broadcast_dict(accelerator *acc, accel_dict *dict, int from_process)
{
    const dict_call call = {.name = __func__, .one = broadcast_one, .user = &from_process, .writes = true};
    accel_free(call_each(acc, dict, &call));
    return accel_error_status();
}

static accel_tensor *pad_one(accelerator *acc, accel_tensor *tensor, const void *user)
{
    return accelerator_pad_across_processes_with(acc, tensor, user);
}

accel_dict *accelerator_pad_dict_across_processes_with(accelerator *acc, accel_dict *dict,
                                                       const accelerator_pad_options *options)
{
    const dict_call call = {
        .name = "accelerator_pad_dict_across_processes", .one = pad_one, .user = options, .pads = true};
    return call_each(acc, dict, &call);
}
