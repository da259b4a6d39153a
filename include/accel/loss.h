/**
 * Losses: new 0-dimensional tensors, or one value per item with ACCEL_REDUCTION_NONE.
 */
#ifndef ACCEL_LOSS_H
#define ACCEL_LOSS_H

#include <stdint.h>

#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/** How the items' losses are joined. */
typedef enum accel_reduction {
    ACCEL_REDUCTION_NONE = 0,
    ACCEL_REDUCTION_MEAN = 1,
    ACCEL_REDUCTION_SUM = 2,
} accel_reduction;

typedef struct accel_cross_entropy_options {
    size_t struct_size;
    accel_tensor *weight; /**< (C): a weight for each class; NULL: 1 */
    accel_reduction reduction;
    int64_t ignore_index;   /**< targets of this value count nothing */
    double label_smoothing; /**< in [0, 1] */
} accel_cross_entropy_options;
#define ACCEL_CROSS_ENTROPY_DEFAULTS()                                                                         \
    .struct_size = sizeof(accel_cross_entropy_options), .weight = NULL, .reduction = ACCEL_REDUCTION_MEAN,     \
    .ignore_index = -100, .label_smoothing = 0.0

/** Minus the log-probability of the right class. logits: (N, C) or (C), target (int64, 0 ≤ target < C): (N) or ().
    Source: torch.nn.functional.cross_entropy. */
ACCEL_API accel_tensor *accel_cross_entropy_with(accel_tensor *logits, accel_tensor *target,
                                                 const accel_cross_entropy_options *options);
ACCEL_API accel_cross_entropy_options accel_cross_entropy_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_tensor *, accel_cross_entropy, accel_tensor *, accel_tensor *,
                  accel_cross_entropy_options)
#else
#define accel_cross_entropy(...)                                                                               \
    ACCEL_CALL_2(accel_cross_entropy_with, accel_cross_entropy_options, ACCEL_CROSS_ENTROPY_DEFAULTS,          \
                 __VA_ARGS__)
#endif

typedef struct accel_mse_loss_options {
    size_t struct_size;
    accel_reduction reduction;
} accel_mse_loss_options;
#define ACCEL_MSE_LOSS_DEFAULTS()                                                                              \
    .struct_size = sizeof(accel_mse_loss_options), .reduction = ACCEL_REDUCTION_MEAN

/** The squared difference. input, target: one shape; shapes that differ are an error (PyTorch broadcasts them with a
    warning). Source: torch.nn.functional.mse_loss. */
ACCEL_API accel_tensor *accel_mse_loss_with(accel_tensor *input, accel_tensor *target,
                                            const accel_mse_loss_options *options);
ACCEL_API accel_mse_loss_options accel_mse_loss_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_tensor *, accel_mse_loss, accel_tensor *, accel_tensor *, accel_mse_loss_options)
#else
#define accel_mse_loss(...)                                                                                    \
    ACCEL_CALL_2(accel_mse_loss_with, accel_mse_loss_options, ACCEL_MSE_LOSS_DEFAULTS, __VA_ARGS__)
#endif

ACCEL_END_DECLS

#endif
