/**
 * Optimizers over groups of parameters.
 *
 *     accel_optimizer *opt = accel_adamw(model, .lr = 3e-5);
 *     …
 *     accelerator_backward(acc, loss);
 *     accel_optimizer_step(opt);
 *     accel_optimizer_zero_grad(opt);
 *
 * Groups of their own, for instance without weight decay for biases, start from no model:
 *
 *     accel_optimizer *opt = accel_adamw(NULL, .lr = 3e-5);
 *     accel_optimizer_add_group(opt, weights);
 *     accel_optimizer_add_group(opt, biases, .weight_decay = 0);
 */
#ifndef ACCEL_OPTIMIZER_H
#define ACCEL_OPTIMIZER_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include <accel/dict.h>
#include <accel/module.h>

ACCEL_BEGIN_DECLS

typedef struct accel_adam_options {
    size_t struct_size;
    double lr;           /**< learning rate, ≥ 0 */
    double beta1, beta2; /**< decay of the running means of the gradient and its square, in [0, 1) */
    double eps;          /**< added to the denominator, ≥ 0 */
    double weight_decay; /**< ≥ 0 */
    bool amsgrad;        /**< divide by the largest running mean seen */
    bool maximize;       /**< go up the gradient */
} accel_adam_options;
#define ACCEL_ADAM_DEFAULTS()                                                                                  \
    .struct_size = sizeof(accel_adam_options), .lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,          \
    .weight_decay = 0, .amsgrad = false, .maximize = false

/** Adam over the model's parameters as one group, or over none yet when `model` is NULL: new. It retains the
    parameters. Weight decay is part of the gradient. Steps use the engine's fused kernel. Source:
    torch.optim.Adam(fused=True); Kingma and Ba, "Adam: A Method for Stochastic Optimization". */
ACCEL_API accel_optimizer *accel_adam_with(accel_module *model, const accel_adam_options *options);
ACCEL_API accel_adam_options accel_adam_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_1(accel_optimizer *, accel_adam, accel_module *, accel_adam_options)
#else
#define accel_adam(...) ACCEL_CALL_1(accel_adam_with, accel_adam_options, ACCEL_ADAM_DEFAULTS, __VA_ARGS__)
#endif

typedef accel_adam_options accel_adamw_options;
#define ACCEL_ADAMW_DEFAULTS()                                                                                 \
    .struct_size = sizeof(accel_adamw_options), .lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,         \
    .weight_decay = 1e-2, .amsgrad = false, .maximize = false

/** The same with weight decay apart from the gradient: new. Source: torch.optim.AdamW(fused=True); Loshchilov and
    Hutter, "Decoupled Weight Decay Regularization". */
ACCEL_API accel_optimizer *accel_adamw_with(accel_module *model, const accel_adamw_options *options);
ACCEL_API accel_adamw_options accel_adamw_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_1(accel_optimizer *, accel_adamw, accel_module *, accel_adamw_options)
#else
#define accel_adamw(...) ACCEL_CALL_1(accel_adamw_with, accel_adamw_options, ACCEL_ADAMW_DEFAULTS, __VA_ARGS__)
#endif

typedef struct accel_sgd_options {
    size_t struct_size;
    double lr;           /**< learning rate, ≥ 0 */
    double momentum;     /**< part of the running sum of gradients that stays, ≥ 0; 0: no sum is kept */
    double dampening;    /**< part of a gradient that does not enter the sum, but for the first */
    double weight_decay; /**< ≥ 0 */
    bool nesterov;       /**< look ahead along the sum; needs momentum and no dampening */
    bool maximize;       /**< go up the gradient */
} accel_sgd_options;
#define ACCEL_SGD_DEFAULTS()                                                                                   \
    .struct_size = sizeof(accel_sgd_options), .lr = 1e-3, .momentum = 0, .dampening = 0, .weight_decay = 0,    \
    .nesterov = false, .maximize = false

/** Stochastic gradient descent, over a model or over no group yet as above: new. Steps use the engine's fused kernel,
    also where parameters have their first gradient at different steps. Source: torch.optim.SGD(fused=True). */
ACCEL_API accel_optimizer *accel_sgd_with(accel_module *model, const accel_sgd_options *options);
ACCEL_API accel_sgd_options accel_sgd_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_1(accel_optimizer *, accel_sgd, accel_module *, accel_sgd_options)
#else
#define accel_sgd(...) ACCEL_CALL_1(accel_sgd_with, accel_sgd_options, ACCEL_SGD_DEFAULTS, __VA_ARGS__)
#endif

typedef struct accel_group_options {
    size_t struct_size;
    double lr, weight_decay; /**< NaN: the optimizer's own */
} accel_group_options;
#define ACCEL_GROUP_DEFAULTS()                                                                                 \
    .struct_size = sizeof(accel_group_options), .lr = (double)NAN, .weight_decay = (double)NAN

/** Adds a group: every tensor of `parameters`, which must require gradients and not be in a group already. Retained.
    Source: Optimizer.add_param_group. */
ACCEL_API accel_status accel_optimizer_add_group_with(accel_optimizer *optimizer, accel_dict *parameters,
                                                      const accel_group_options *options);
ACCEL_API accel_group_options accel_group_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_status, accel_optimizer_add_group, accel_optimizer *, accel_dict *, accel_group_options)
#else
#define accel_optimizer_add_group(...)                                                                         \
    ACCEL_CALL_2(accel_optimizer_add_group_with, accel_group_options, ACCEL_GROUP_DEFAULTS, __VA_ARGS__)
#endif

/** Changes every parameter that has a gradient. */
ACCEL_API accel_status accel_optimizer_step(accel_optimizer *optimizer);

/** Drops every gradient. Source: Optimizer.zero_grad(set_to_none=True). */
ACCEL_API accel_status accel_optimizer_zero_grad(accel_optimizer *optimizer);

ACCEL_API size_t accel_optimizer_group_count(accel_optimizer *optimizer);

/** The learning rate the next step of a group uses; NaN on failure. */
ACCEL_API double accel_optimizer_lr(accel_optimizer *optimizer, size_t group);
ACCEL_API accel_status accel_optimizer_set_lr(accel_optimizer *optimizer, size_t group, double lr);

/**
 * The optimizer's state under PyTorch's names: new, and the tensors of state are its own.
 *
 * state.0.exp_avg … for each parameter that was stepped, by its place among those of all groups; param_groups.0.lr … for each group,
 * numbers as tensors of no dimension (float64, boolean), betas: (2), params, the places of its parameters (int64): (n). accel_save
 * writes it to a file of torch.save as PyTorch has it; accel_load gives it back. Source: Optimizer.state_dict.
 */
ACCEL_API accel_dict *accel_optimizer_state_dict(accel_optimizer *optimizer);

/** Takes a state up, whether this library or PyTorch wrote it: learning rates, options, and copies of the tensors, put beside their
    parameters. Options that there is no counterpart of, such as foreach, are left alone. ACCEL_EMISMATCH where groups, parameters
    or shapes are others; ACCEL_ENOTFOUND for an entry that is missing; ACCEL_EUNSUPPORTED for groups with other betas or the like
    than the first. On failure nothing was taken up. Source: Optimizer.load_state_dict. */
ACCEL_API accel_status accel_optimizer_load_state_dict(accel_optimizer *optimizer, accel_dict *state);

ACCEL_END_DECLS

#endif
