/* Gradients that are too large, made smaller. Lists of tensors, changed in place; a record that is set makes both do
 * nothing. Source: torch.nn.utils.clip_grad_norm_, clip_grad_value_. */
#ifndef ACCEL_OPTIM_CLIP_H
#define ACCEL_OPTIM_CLIP_H

#include <accel/tensor.h>

/* Scales all gradients together so that their norm is at most `max_norm`, ≥ 0; gives the norm that they had, NaN on
   failure. norm_type: 1, 2, INFINITY, or any other number. None: 0. */
double clip_norm(accel_tensor *const *gradients, size_t count, double max_norm, double norm_type);

/* Brings every element into [-limit, limit], limit ≥ 0. */
accel_status clip_value(accel_tensor *const *gradients, size_t count, double limit);

#endif
