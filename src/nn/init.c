#include <accel/init.h>

#include <math.h>

#include <accel/autograd.h>
#include <accel/ops.h>
#include <accel/random.h>

#include "base/error.h"
#include "tensor/tensor.h"

accel_status accel_init_uniform(accel_tensor *tensor, double from, double to)
{
    return accel_fill_uniform(tensor, from, to, NULL);
}

accel_status accel_init_normal(accel_tensor *tensor, double mean, double std)
{
    return accel_fill_normal(tensor, mean, std, NULL);
}

accel_status accel_init_constant(accel_tensor *tensor, double value)
{
    accel_no_grad() {
        accel_free(accel_fill_in_place(tensor, value));
    }
    return accel_error_status();
}

/* Inputs to one unit, and units that one input reaches. */
static accel_status fans(accel_tensor *tensor, const char *call, double *fan_in, double *fan_out)
{
    RETURN_STATUS_IF_FAILED();
    engine_view view;
    if (tensor_view(tensor, call, &view) != ACCEL_OK)
        return accel_error_status();
    if (view.rank < 2)
        return accel_error_raise(ACCEL_EINVAL, call, "tensor must have 2 dimensions or more, got %zu",
                                 view.rank);
    double field = 1;
    for (size_t i = 2; i < view.rank; i++)
        field *= (double)view.sizes[i];
    *fan_in = (double)view.sizes[1] * field;
    *fan_out = (double)view.sizes[0] * field;
    return ACCEL_OK;
}

accel_status accel_init_kaiming_uniform(accel_tensor *tensor, double a)
{
    double fan_in, fan_out;
    if (fans(tensor, __func__, &fan_in, &fan_out) != ACCEL_OK)
        return accel_error_status();
    double std = sqrt(2.0 / (1 + a * a)) / sqrt(fan_in);
    double bound = sqrt(3.0) * std;
    return accel_init_uniform(tensor, -bound, bound);
}

accel_status accel_init_xavier_uniform(accel_tensor *tensor, double gain)
{
    double fan_in, fan_out;
    if (fans(tensor, __func__, &fan_in, &fan_out) != ACCEL_OK)
        return accel_error_status();
    double std = gain * sqrt(2.0 / (fan_in + fan_out));
    double bound = sqrt(3.0) * std;
    return accel_init_uniform(tensor, -bound, bound);
}
