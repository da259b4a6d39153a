/* Lists of gradients: of a model, of an optimizer, of everything that is trained. Parameters without one are left out; a
 * list is freed with memory_free, and NULL on failure; the handles in it belong to the innermost scope. */
#ifndef ACCEL_ACCELERATOR_GRADIENT_H
#define ACCEL_ACCELERATOR_GRADIENT_H

#include "accelerator/facade.h"

accel_tensor **gradient_list_of_module(accel_module *module, size_t *count);
accel_tensor **gradient_list_of_optimizer(accel_optimizer *optimizer, size_t *count);

/* Multiplies those of a list. */
accel_status gradient_scale(accel_tensor *const *tensors, size_t count, double factor);

/* At the beginning of a window: takes down what gradients there are, of earlier steps that nobody zeroed. */
void gradient_note_old(facade *f);
void gradient_forget_old(facade *f);

/* What is taken down of one parameter, and the scale that it had; false where its gradient is not that one any more. The copy is
   borrowed. And to take down what a state has: the parameter has a gradient. */
bool gradient_get_old(const facade *f, accel_tensor *parameter, accel_tensor **copy, float *scale);
accel_status gradient_put_old(facade *f, accel_tensor *parameter, accel_tensor *copy, float scale);

/* Multiplies what the window has added to the gradient of every parameter of what is prepared, once. */
accel_status gradient_scale_window(const facade *f, double factor);

#endif
