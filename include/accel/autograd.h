/**
 * Gradients.
 *
 *     accel_set_requires_grad(w, true);
 *     accel_tensor *loss = accel_mse_loss(accel_matmul(x, w), y);
 *     accel_backward(loss);                         // or accelerator_backward(acc, loss)
 *     accel_tensor *dw = accel_grad(w);
 *
 * Source: torch.autograd.
 */
#ifndef ACCEL_AUTOGRAD_H
#define ACCEL_AUTOGRAD_H

#include <stdbool.h>

#include <accel/scope.h>
#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/** Whether operations on the tensor are recorded for gradients; false on failure. */
ACCEL_API bool accel_requires_grad(accel_tensor *tensor);

/** Turns that on or off, for a leaf of floating dtype. */
ACCEL_API accel_status accel_set_requires_grad(accel_tensor *tensor, bool requires_grad);

/** Adds d(tensor)/d(leaf) to the gradient of every leaf that `tensor`, which has one element, depends on; and lets
    go of what was saved for it. */
ACCEL_API accel_status accel_backward(accel_tensor *tensor);

/** The same for a tensor of any shape, weighted by `gradient` of that shape (NULL: 1, for one element), and keeping
    what was saved when `retain_graph`. Source: Tensor.backward(gradient, retain_graph). */
ACCEL_API accel_status accel_backward_from(accel_tensor *tensor, accel_tensor *gradient, bool retain_graph);

/** The gradient accumulated so far, sharing its storage: new. NULL when there is none, which is no error. */
ACCEL_API accel_tensor *accel_grad(accel_tensor *tensor);

/** Replaces the gradient by one of the same shape, retained; NULL drops it. */
ACCEL_API accel_status accel_set_grad(accel_tensor *tensor, accel_tensor *gradient);

/** The same values cut off from the recorded operations, sharing storage: new. */
ACCEL_API accel_tensor *accel_detach(accel_tensor *tensor);

/** The state of an accel_no_grad block. */
typedef struct accel_no_grad_block {
    bool open;
    bool enabled_before;
} accel_no_grad_block;

ACCEL_API accel_no_grad_block accel_no_grad_begin(void);
ACCEL_API void accel_no_grad_end(accel_no_grad_block *block);

/** A block in which this thread records nothing for gradients. Source: torch.no_grad. */
#define accel_no_grad() ACCEL_BLOCK(accel_no_grad_block, accel_no_grad_begin(), accel_no_grad_end)

ACCEL_END_DECLS

#endif
