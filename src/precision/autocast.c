#include "precision/autocast.h"

#include <accel/ops.h>

#include "base/error.h"

accel_status autocast_enter(accel_mixed_precision precision, accel_device_type device, engine_autocast *before)
{
    const engine_autocast to = {.enabled = precision == ACCEL_FP16 || precision == ACCEL_BF16,
                                .dtype = precision == ACCEL_FP16 ? ACCEL_FLOAT16 : ACCEL_BFLOAT16,
                                .cache = true,
                                .device = device};
    return engine_autocast_enter(&to, before);
}

void autocast_leave(const engine_autocast *before) { engine_autocast_leave(before); }

void autocast_forget(void) { engine_autocast_forget(); }

static bool is_half(accel_tensor *tensor)
{
    accel_dtype dtype = accel_tensor_dtype(tensor);
    return dtype == ACCEL_FLOAT16 || dtype == ACCEL_BFLOAT16;
}

accel_tensor *autocast_output(accel_tensor *output)
{
    return output && is_half(output) ? accel_to_dtype(output, ACCEL_FLOAT32) : output;
}

accel_dict *autocast_outputs(accel_dict *outputs)
{
    accel_dict *converted = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(outputs) && !accel_error_is_set(); i++)
        accel_dict_set(converted, accel_dict_name(outputs, i), autocast_output(accel_dict_tensor(outputs, i)));
    return accel_error_is_set() ? NULL : converted;
}
