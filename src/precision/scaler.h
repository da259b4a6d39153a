/* The scale of losses. It sees gradients as lists of tensors; whose they are is its caller's business.
 *
 *     accel_mul_scalar(loss, scaler_scale(s));          // then the backward pass
 *     scaler_unscale(scale, gradients, count, &finite);  // once for each optimizer
 *     if (finite) …                                      // its step
 *     scaler_note_step(s, finite);
 *
 * The scale changes once for all optimizers that stepped since the last loss, when the next loss asks for it.
 *
 * Source: torch.amp.GradScaler, to the last digit; it updates the scale once for each optimizer when used as
 * accelerate.optimizer does.
 */
#ifndef ACCEL_PRECISION_SCALER_H
#define ACCEL_PRECISION_SCALER_H

#include <stdint.h>

#include <accel/dict.h>
#include <accel/precision.h>
#include <accel/tensor.h>

#include "base/buffer.h"

typedef struct scaler {
    accel_grad_scaler_options options;
    float scale;
    int64_t growth_tracker; /* steps since the scale changed */
    bool stepped, skipped;  /* since the last loss: some optimizer, and one of them not */
} scaler;

/* Checks the options; records what is wrong with them. */
accel_status scaler_init(scaler *s, const accel_grad_scaler_options *options);

/* Its options, one a line: those of processes that train together are the same. */
accel_status scaler_describe(const scaler *s, buffer *text);

/* The factor of the next loss; 1 when scaling is off. */
float scaler_scale(scaler *s);

/* Divides gradients, of a floating dtype but float16, by the scale that their loss had, in place. `*finite`: all elements of
   all of them are. */
accel_status scaler_unscale(float scale, accel_tensor *const *gradients, size_t count, bool *finite);

/* An optimizer stepped with such gradients, or skipped its step since they were not finite. */
void scaler_note_step(scaler *s, bool finite);

/* Where it is, in PyTorch's names: new; and from there. Source: GradScaler.state_dict, load_state_dict. */
accel_dict *scaler_state_dict(scaler *s);
accel_status scaler_load_state_dict(scaler *s, accel_dict *state);

#endif
