#include "precision/scaler.h"

#include <math.h>

#include <accel/op.h>
#include <accel/options.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/device.h"
#include "tensor/op.h"
#include "tensor/state.h"

accel_grad_scaler_options accel_grad_scaler_options_default(void)
{
    return (accel_grad_scaler_options){ACCEL_GRAD_SCALER_DEFAULTS()};
}

static accel_status check_options(const accel_grad_scaler_options *o)
{
    static const char call[] = "accelerator_create";
    if (!isfinite((float)o->init_scale))
        return accel_error_raise(ACCEL_EINVAL, call, "init_scale must be a float32 number, got %g",
                                 o->init_scale);
    if (!(o->init_scale > 0))
        return accel_error_raise(ACCEL_EINVAL, call, "init_scale must be above 0, got %g", o->init_scale);
    if (!(o->growth_factor > 1 && isfinite(o->growth_factor)))
        return accel_error_raise(ACCEL_EINVAL, call, "growth_factor must be above 1, got %g", o->growth_factor);
    if (!(o->backoff_factor > 0 && o->backoff_factor < 1))
        return accel_error_raise(ACCEL_EINVAL, call, "backoff_factor must be in (0, 1), got %g",
                                 o->backoff_factor);
    if (o->growth_interval <= 0)
        return accel_error_raise(ACCEL_EINVAL, call, "growth_interval must be above 0, got %d",
                                 o->growth_interval);
    return ACCEL_OK;
}

accel_status scaler_init(scaler *s, const accel_grad_scaler_options *options)
{
    *s = (scaler){.options = accel_grad_scaler_options_default()};
    if (accel_options_read("accelerator_create", &s->options, sizeof s->options, options) != ACCEL_OK ||
        check_options(&s->options) != ACCEL_OK)
        return accel_error_status();
    s->scale = (float)s->options.init_scale;
    return ACCEL_OK;
}

accel_status scaler_describe(const scaler *s, buffer *text)
{
    const accel_grad_scaler_options *o = &s->options;
    return buffer_printf(
        text,
        "grad_scaler.enabled %d\ngrad_scaler.init_scale %.17g\ngrad_scaler.growth_factor %.17g\n"
        "grad_scaler.backoff_factor %.17g\ngrad_scaler.growth_interval %d\n",
        o->enabled, o->init_scale, o->growth_factor, o->backoff_factor, o->growth_interval);
}

/* As aten::_amp_update_scale_. */
static void update(scaler *s)
{
    if (s->skipped) {
        s->scale = (float)(s->scale * s->options.backoff_factor);
        s->growth_tracker = 0;
        return;
    }
    if (++s->growth_tracker < s->options.growth_interval)
        return;
    float grown = (float)(s->scale * s->options.growth_factor);
    if (isfinite(grown))
        s->scale = grown;
    s->growth_tracker = 0;
}

float scaler_scale(scaler *s)
{
    if (!s->options.enabled)
        return 1;
    if (s->stepped)
        update(s);
    s->stepped = s->skipped = false;
    return s->scale;
}

static bool are_alike(accel_tensor *one, accel_tensor *other)
{
    return accel_tensor_dtype(one) == accel_tensor_dtype(other) &&
           accel_device_is(accel_tensor_device(one), accel_tensor_device(other));
}

/* All that are like the first, which leave the list: of one dtype and on one device is what the engine takes. */
static bool unscale_alike(float scale, accel_tensor **list, size_t *count, accel_tensor **alike)
{
    size_t found = 0, left = 0, total = *count;
    accel_tensor *first = list[0];
    for (size_t i = 0; i < total; i++)
        if (are_alike(first, list[i]))
            alike[found++] = list[i];
        else
            list[left++] = list[i];
    *count = left;
    accel_tensor *infinite = device_scalar(first, 0, ACCEL_FLOAT32);
    accel_tensor *factor = device_scalar(first, (float)(1.0 / scale), ACCEL_FLOAT32);
    accel_op_into(NULL, 0, "aten::_amp_foreach_non_finite_check_and_unscale_", op_tensors(alike, found),
                  infinite, factor);
    return accel_item(infinite) == 0;
}

accel_status scaler_unscale(float scale, accel_tensor *const *gradients, size_t count, bool *finite)
{
    *finite = true;
    for (size_t i = 0; i < count; i++)
        if (accel_tensor_dtype(gradients[i]) == ACCEL_FLOAT16)
            return accel_error_raise(ACCEL_EINVAL, "accel_optimizer_step",
                                     "gradients of float16 cannot be unscaled: parameters are to be float32");
    accel_tensor **list = memory_alloc(2 * count, sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        list[i] = gradients[i];
    size_t left = list ? count : 0;
    accel_scoped() {
        while (left > 0 && !accel_error_is_set())
            *finite = unscale_alike(scale, list, &left, list + count) && *finite;
    }
    memory_free(list);
    return accel_error_status();
}

void scaler_note_step(scaler *s, bool finite)
{
    s->stepped = true;
    s->skipped = s->skipped || !finite;
}

/* ---- state ---- */

accel_dict *scaler_state_dict(scaler *s)
{
    RETURN_NULL_IF_FAILED();
    accel_dict *state = accel_dict_create();
    if (!state || !s->options.enabled)
        return state;
    const double scale = (double)scaler_scale(s);
    const int64_t interval = s->options.growth_interval;
    state_set(state, "scale", ACCEL_FLOAT64, &scale, NULL, 0);
    state_set(state, "growth_factor", ACCEL_FLOAT64, &s->options.growth_factor, NULL, 0);
    state_set(state, "backoff_factor", ACCEL_FLOAT64, &s->options.backoff_factor, NULL, 0);
    state_set(state, "growth_interval", ACCEL_INT64, &interval, NULL, 0);
    state_set(state, "_growth_tracker", ACCEL_INT64, &s->growth_tracker, NULL, 0);
    return state;
}

static double number_of(accel_dict *state, const char *name)
{
    accel_tensor *number = state_get(state, name, "accelerator_load_state");
    return number ? accel_item(number) : (double)NAN;
}

accel_status scaler_load_state_dict(scaler *s, accel_dict *state)
{
    static const char call[] = "accelerator_load_state";
    RETURN_STATUS_IF_FAILED();
    if (!s->options.enabled)
        return ACCEL_OK;
    accel_grad_scaler_options o = s->options;
    double interval = number_of(state, "growth_interval"), tracker = number_of(state, "_growth_tracker");
    o.init_scale = number_of(state, "scale");
    o.growth_factor = number_of(state, "growth_factor");
    o.backoff_factor = number_of(state, "backoff_factor");
    if (!accel_error_is_set() &&
        !(interval >= 1 && interval <= INT32_MAX && tracker >= 0 && tracker <= interval))
        accel_error_raise(ACCEL_EINVAL, call, "scaler has growth_interval %g and _growth_tracker %g", interval,
                          tracker);
    if (accel_error_is_set())
        return accel_error_status();
    o.growth_interval = (int)interval;
    if (check_options(&o) != ACCEL_OK)
        return accel_error_status();
    const double init_scale = s->options.init_scale;
    *s = (scaler){.options = o, .scale = (float)o.init_scale, .growth_tracker = (int64_t)tracker};
    s->options.init_scale = init_scale;
    return ACCEL_OK;
}
