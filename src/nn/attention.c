#include <math.h>

#include <accel/layers.h>
#include <accel/options.h>

#include "base/error.h"
#include "tensor/op.h"

accel_attention_options accel_attention_options_default(void)
{
    return (accel_attention_options){ACCEL_ATTENTION_DEFAULTS()};
}

accel_tensor *accel_scaled_dot_product_attention_with(accel_tensor *query, accel_tensor *key,
                                                      accel_tensor *value,
                                                      const accel_attention_options *options)
{
    static op_site site = {"accel_scaled_dot_product_attention", "aten::scaled_dot_product_attention", NULL};
    RETURN_NULL_IF_FAILED();
    accel_attention_options o = accel_attention_options_default();
    if (accel_options_read(site.call, &o, sizeof o, options) != ACCEL_OK)
        return NULL;
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = query},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = key},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = value},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = o.attn_mask},
        {.kind = ACCEL_VALUE_REAL, .as.real = o.dropout_p},
        {.kind = ACCEL_VALUE_BOOLEAN, .as.boolean = o.is_causal},
        {.kind = isnan(o.scale) ? ACCEL_VALUE_NONE : ACCEL_VALUE_REAL, .as.real = o.scale},
    };
    return op_call(&site, values, sizeof values / sizeof values[0]);
}
