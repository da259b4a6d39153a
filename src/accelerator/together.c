/* Calls that all processes make together. */
#include <accel/autograd.h>
#include <accel/collective.h>
#include <accel/op.h>
#include <accel/options.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "comm/agreement.h"
#include "comm/collective.h"
#include "tensor/tensor.h"

facade *facade_of_all(accelerator *acc, const char *call)
{
    facade *f = facade_of(acc, call);
    if (f && !accel_error_is_set())
        facade_check_gradients(f, call);
    return f;
}

bool facade_begin(facade *f, const char *call)
{
    accel_error own;
    error_take(&own);
    bool begun = group_begin(f->group, call);
    if (own.status == ACCEL_OK)
        return begun;
    if (begun)
        error_restore(&own);
    else
        error_append("; before that, here: %s", own.message);
    return begun;
}

accel_status facade_share_error(facade *f, const char *call)
{
    int64_t none = 0;
    if (!facade_begin(f, call))
        return accel_error_status();
    agreement_max(f->group, call, &none);
    return group_end(f->group);
}

accel_status accelerator_share_error(accelerator *acc)
{
    facade *f = facade_of_own(acc, __func__);
    return f ? facade_share_error(f, __func__) : accel_error_status();
}

/* ---- tensors ---- */

accel_tensor *facade_gather(accelerator *acc, accel_tensor *tensor, const char *call)
{
    facade *f = facade_of_all(acc, call);
    if (!f)
        return NULL;
    if (f->group)
        return collective_gather(f->group, call, tensor);
    if (accel_error_is_set() || !tensor_check(tensor, call, "tensor"))
        return NULL;
    return accel_detach(tensor); /* one of no dimension stays so */
}

accel_tensor *accelerator_gather(accelerator *acc, accel_tensor *tensor)
{
    return facade_gather(acc, tensor, __func__);
}

accelerator_reduce_options accelerator_reduce_options_default(void)
{
    return (accelerator_reduce_options){ACCELERATOR_REDUCE_DEFAULTS()};
}

accel_tensor *accelerator_reduce_with(accelerator *acc, accel_tensor *tensor,
                                      const accelerator_reduce_options *options)
{
    static const char call[] = "accelerator_reduce";
    accelerator_reduce_options o = accelerator_reduce_options_default();
    if (!accel_error_is_set())
        accel_options_read(call, &o, sizeof o, options);
    facade *f = facade_of_all(acc, call);
    return f ? collective_reduce(f->group, call, tensor, o.reduction, o.scale) : NULL;
}

accel_status accelerator_broadcast(accelerator *acc, accel_tensor *tensor, int from_process)
{
    facade *f = facade_of_all(acc, __func__);
    return f ? collective_broadcast(f->group, __func__, tensor, from_process) : accel_error_status();
}

/* ---- waiting ---- */

accel_status accelerator_wait_for_everyone(accelerator *acc)
{
    facade *f = facade_of_all(acc, __func__);
    return f ? collective_barrier(f->group, __func__) : accel_error_status();
}
