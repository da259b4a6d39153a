/**
 * Mixed precision: forwards in a 16-bit dtype, parameters, gradients and optimizer in float32.
 *
 *     accelerator *acc = accelerator_create(.mixed_precision = ACCEL_BF16);
 *
 * Source: torch.amp.
 */
#ifndef ACCEL_PRECISION_H
#define ACCEL_PRECISION_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/compiler.h>

ACCEL_BEGIN_DECLS

/** What the forwards of prepared modules compute in. */
typedef enum accel_mixed_precision {
    ACCEL_PRECISION_UNSET, /**< $ACCELERATE_MIXED_PRECISION decides ("no", "fp16", "bf16"); without it, ACCEL_PRECISION_NO */
    ACCEL_PRECISION_NO, /**< the dtype of their parameters */
    ACCEL_FP16,         /**< float16, with a gradient scaler */
    ACCEL_BF16,         /**< bfloat16 */
} accel_mixed_precision;

/** "no", "fp16", "bf16"; NULL for what is none of them. */
ACCEL_API const char *accel_mixed_precision_name(accel_mixed_precision precision);

/** The one of that name, in any case; false when there is none, which is no error. */
ACCEL_API bool accel_mixed_precision_find(const char *name, accel_mixed_precision *precision);

/** How losses are scaled under ACCEL_FP16, so that small gradients do not vanish. A step whose gradients are not finite is
    skipped and lowers the scale. Source: torch.amp.GradScaler. */
typedef struct accel_grad_scaler_options {
    size_t struct_size;
    double init_scale;     /**< > 0 */
    double growth_factor;  /**< > 1: of the scale, after growth_interval steps without a skipped one */
    double backoff_factor; /**< in (0, 1): of the scale, after a skipped step */
    int growth_interval;   /**< steps, > 0 */
    bool enabled;          /**< false: losses are not scaled, and no step is skipped */
} accel_grad_scaler_options;
#define ACCEL_GRAD_SCALER_DEFAULTS()                                                                           \
    .struct_size = sizeof(accel_grad_scaler_options), .init_scale = 65536, .growth_factor = 2,                 \
    .backoff_factor = 0.5, .growth_interval = 2000, .enabled = true
ACCEL_API accel_grad_scaler_options accel_grad_scaler_options_default(void);

ACCEL_END_DECLS

#endif
