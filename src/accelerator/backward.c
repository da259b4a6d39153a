#include <accel/training.h>

#include <accel/autograd.h>
#include <accel/options.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "accelerator/accumulate.h"
#include "base/error.h"
#include "tensor/tensor.h"

static const char call[] = "accelerator_backward", counting_call[] = "accelerator_backward with num_items";

accelerator_backward_options accelerator_backward_options_default(void)
{
    return (accelerator_backward_options){ACCELERATOR_BACKWARD_DEFAULTS()};
}

static accel_status check_loss(accel_tensor *loss)
{
    if (!tensor_check(loss, call, "loss"))
        return accel_error_status();
    if (accel_tensor_numel(loss) != 1)
        return accel_error_raise(ACCEL_EINVAL, call, "loss must have one element, got %lld",
                                 (long long)accel_tensor_numel(loss));
    if (!accel_requires_grad(loss))
        return accel_error_raise(ACCEL_EINVAL, call, "loss depends on no parameter that requires gradients");
    return accel_error_status();
}

/* The loss's share of the step, in the scaler's measure. */
static accel_tensor *weigh(facade *f, group *g, accel_tensor *loss, int64_t items)
{
    double weight = window_weigh(f, g, items);
    if (weight != 1)
        loss = accel_mul_scalar(loss, weight);
    if (f->precision != ACCEL_FP16)
        return loss;
    return optimizers_rescale(f, scaler_scale(&f->scaler)) == ACCEL_OK ? accel_mul_scalar(loss, f->loss_scale)
                                                                       : NULL;
}

accel_status accelerator_backward_with(accelerator *acc, accel_tensor *loss,
                                       const accelerator_backward_options *options)
{
    accelerator_backward_options o = accelerator_backward_options_default();
    facade *f = facade_of(acc, call);
    if (f && !accel_error_is_set() && accel_options_read(call, &o, sizeof o, options) == ACCEL_OK)
        check_loss(loss);
    group *g = f ? facade_gradients_group(f) : NULL;
    if (!f || !group_begin(g, o.num_items >= 0 ? counting_call : call))
        return accel_error_status();
    accel_scoped() {
        accel_tensor *weighed = weigh(f, g, loss, o.num_items);
        facade_set_loss(f, weighed);
        if (weighed)
            tensor_backward(call, weighed, NULL, o.retain_graph);
        facade_set_loss(f, NULL);
    }
    return group_end(g);
}
