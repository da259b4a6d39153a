/* Collective calls on dicts: the same call on every entry, once all processes agree on their names. */
#include <accel/collective.h>
#include <accel/options.h>
#include <accel/scope.h>

#include "accelerator/facade.h"
#include "base/buffer.h"
#include "base/error.h"
#include "comm/agreement.h"
#include "tensor/dict.h"

/* What is done to an entry: a new tensor, or NULL for none. */
typedef accel_tensor *entry_call(accelerator *acc, accel_tensor *tensor, const void *user);

static accel_status agree(accelerator *acc, accel_dict *dict, const char *call)
{
    facade *f = facade_of(acc, call);
    buffer names = {0};
    if (!f || !group_begin(f->group, call))
        return accel_error_status();
    for (size_t i = 0; i < accel_dict_count(dict); i++)
        buffer_printf(&names, "\"%s\"\n", accel_dict_name(dict, i));
    agreement_check(f->group, call, "the dict", names.data ? names.data : "");
    buffer_dispose(&names);
    return group_end(f->group);
}

static accel_dict *call_each(accelerator *acc, accel_dict *dict, entry_call *one, const void *user,
                             const char *call)
{
    if (agree(acc, dict, call) != ACCEL_OK)
        return NULL;
    accel_dict *results = accel_dict_create();
    for (size_t i = 0; results && i < accel_dict_count(dict) && !accel_error_is_set(); i++)
        accel_scoped() {
            accel_tensor *result = one(acc, accel_dict_tensor(dict, i), user);
            if (result)
                accel_dict_set(results, accel_dict_name(dict, i), result);
            error_append(" [in entry \"%s\"]", accel_dict_name(dict, i));
        }
    if (!accel_error_is_set())
        return results;
    accel_free(results);
    return NULL;
}

static accel_tensor *gather_one(accelerator *acc, accel_tensor *tensor, const void *user)
{
    (void)user;
    return accelerator_gather(acc, tensor);
}

accel_dict *accelerator_gather_dict(accelerator *acc, accel_dict *dict)
{
    return call_each(acc, dict, gather_one, NULL, __func__);
}

static accel_tensor *gather_one_for_metrics(accelerator *acc, accel_tensor *tensor, const void *user)
{
    (void)user;
    return accelerator_gather_for_metrics(acc, tensor);
}

accel_dict *accelerator_gather_for_metrics_dict(accelerator *acc, accel_dict *dict)
{
    return call_each(acc, dict, gather_one_for_metrics, NULL, __func__);
}

static accel_tensor *reduce_one(accelerator *acc, accel_tensor *tensor, const void *user)
{
    return accelerator_reduce_with(acc, tensor, user);
}

accel_dict *accelerator_reduce_dict_with(accelerator *acc, accel_dict *dict,
                                         const accelerator_reduce_options *options)
{
    return call_each(acc, dict, reduce_one, options, "accelerator_reduce_dict");
}

static accel_tensor *broadcast_one(accelerator *acc, accel_tensor *tensor, const void *user)
{
    accelerator_broadcast(acc, tensor, *(const int *)user);
    return NULL;
}

accel_status accelerator_broadcast_dict(accelerator *acc, accel_dict *dict, int from_process)
{
    accel_free(call_each(acc, dict, broadcast_one, &from_process, __func__));
    return accel_error_status();
}

static accel_tensor *pad_one(accelerator *acc, accel_tensor *tensor, const void *user)
{
    return accelerator_pad_across_processes_with(acc, tensor, user);
}

accel_dict *accelerator_pad_dict_across_processes_with(accelerator *acc, accel_dict *dict,
                                                       const accelerator_pad_options *options)
{
    return call_each(acc, dict, pad_one, options, "accelerator_pad_dict_across_processes");
}
