/**
 * Modules: parameters, buffers and children under dotted names, and a forward function.
 *
 * There is one type for all of them: a layer, a model of one's own, a pretrained one.
 *
 *     typedef struct mlp { accel_module *fc1, *fc2; } mlp;
 *
 *     static accel_tensor *mlp_forward(accel_module *self, accel_tensor *x, void *user)
 *     {
 *         mlp *m = user;
 *         return accel_forward(m->fc2, accel_relu(accel_forward(m->fc1, x)));
 *     }
 *
 *     mlp m;
 *     accel_module *model = accel_module_create(.forward = mlp_forward, .user = &m);
 *     m.fc1 = accel_module_add(model, "fc1", accel_linear(784, 256));
 *     m.fc2 = accel_module_add(model, "fc2", accel_linear(256, 10));
 *     accel_tensor *logits = accel_forward(model, x);
 *
 * A module takes a tensor and gives a tensor, or takes a dict (a batch) and gives a dict (the outputs), or both.
 *
 * Source: torch.nn.Module.
 */
#ifndef ACCEL_MODULE_H
#define ACCEL_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/dict.h>
#include <accel/scope.h>
#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/** Computes a module's output from its input. Both are tensors, or both dicts. Everything made inside ends when the
    function returns, except what it returns. NULL stands for failure. It must not call accelerator_finish,
    accelerator_free_memory or accelerator_prepare; freeing its own module, which then ends when it returns, is fine. */
typedef accel_tensor *accel_forward_function(accel_module *self, accel_tensor *input, void *user);
typedef accel_dict *accel_forward_dict_function(accel_module *self, accel_dict *inputs, void *user);

typedef struct accel_module_options {
    size_t struct_size;
    const char *type;                          /**< what it is, for messages: "Linear"; copied */
    accel_forward_function *forward;           /**< tensor to tensor; NULL when it takes none */
    accel_forward_dict_function *forward_dict; /**< dict to dict; NULL when it takes none */
    void *user;                                /**< borrowed while the module lives, or until `release` */
    void (*release)(void *user); /**< called with `user` when the module ends; NULL: nothing. It must not
                                                  call accelerator_finish, _free_memory or _prepare */
} accel_module_options;
#define ACCEL_MODULE_DEFAULTS()                                                                                \
    .struct_size = sizeof(accel_module_options), .type = "Module", .forward = NULL, .forward_dict = NULL,      \
    .user = NULL, .release = NULL

/** A module without parameters or children: new, in training mode. On failure NULL, and `release` is not called. */
ACCEL_API accel_module *accel_module_create_with(const accel_module_options *options);
ACCEL_API accel_module_options accel_module_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_0(accel_module *, accel_module_create, accel_module_options)
#else
#define accel_module_create(...)                                                                               \
    ACCEL_CALL_0(accel_module_create_with, accel_module_options, ACCEL_MODULE_DEFAULTS, __VA_ARGS__)
#endif

/** What the module is, and the `user` it was made with: borrowed from the module. NULL on failure. */
ACCEL_API const char *accel_module_type(accel_module *module);
ACCEL_API void *accel_module_user(accel_module *module);

/** Adds a child, which belongs to no other module, under a name without dots. `child` is taken, so that its constructor can be
    written in place. Returns it, borrowed from the parent; NULL on failure. */
ACCEL_API accel_module *accel_module_add(accel_module *parent, const char *name, accel_module *child);

/** Adds a parameter: a floating tensor that is trained, whose gradient is turned on. `tensor` is taken; one that the
    caller only borrowed, from another module, is shared with it. Returns it, borrowed from the module. */
ACCEL_API accel_tensor *accel_module_add_parameter(accel_module *module, const char *name,
                                                   accel_tensor *tensor);

/** Adds a buffer, `tensor`, in the same way: it belongs to the state but is not trained. A persistent one is saved. */
ACCEL_API accel_tensor *accel_module_add_buffer(accel_module *module, const char *name, accel_tensor *tensor,
                                                bool persistent);

/** The child of a dotted name, "encoder.layer.0": borrowed from the module. ACCEL_ENOTFOUND when there is none. */
ACCEL_API accel_module *accel_module_child(accel_module *module, const char *name);

/** The parameter or buffer of a dotted name, "encoder.layer.0.weight": borrowed from the module. */
ACCEL_API accel_tensor *accel_module_tensor(accel_module *module, const char *name);

/** All parameters under their dotted names, in the order they were added, children after their parent; one that is
    shared appears once: new. Source: Module.named_parameters. */
ACCEL_API accel_dict *accel_module_parameters(accel_module *module);

/** All buffers, persistent or not, in the same way: new. Source: Module.named_buffers. */
ACCEL_API accel_dict *accel_module_buffers(accel_module *module);

/** The elements of all parameters together; -1 on failure. */
ACCEL_API int64_t accel_module_parameter_count(accel_module *module);

/** Parameters and persistent buffers under their dotted names, sharing the module's storage: new. Source:
    Module.state_dict. */
ACCEL_API accel_dict *accel_state_dict(accel_module *module);

typedef struct accel_load_state_dict_options {
    size_t struct_size;
    bool strict; /**< a name that is missing or too many is an error; otherwise it is logged */
} accel_load_state_dict_options;
#define ACCEL_LOAD_STATE_DICT_DEFAULTS() .struct_size = sizeof(accel_load_state_dict_options), .strict = true

/** Copies the tensors of a dict into the module's parameters and persistent buffers, converting dtypes. A wrong shape
    is an error. On failure nothing was copied. A name is not missing where the dict has the same memory under another one of the
    module's, as files have tied tensors. Source: Module.load_state_dict. */
ACCEL_API accel_status accel_load_state_dict_with(accel_module *module, accel_dict *dict,
                                                  const accel_load_state_dict_options *options);
ACCEL_API accel_load_state_dict_options accel_load_state_dict_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_status, accel_load_state_dict, accel_module *, accel_dict *,
                  accel_load_state_dict_options)
#else
#define accel_load_state_dict(...)                                                                             \
    ACCEL_CALL_2(accel_load_state_dict_with, accel_load_state_dict_options, ACCEL_LOAD_STATE_DICT_DEFAULTS,    \
                 __VA_ARGS__)
#endif

/** Puts the parameters and buffers of the module and of all below it, with their gradients, on a device, in place: optimizers
    go on stepping them. One over the program's own memory (accel_tensor_wrap) leaves it for another device: that memory keeps the
    values that it has then. Source: Module.to(device). */
ACCEL_API accel_status accel_module_to_device(accel_module *module, accel_device device);

/** Converts the floating-point parameters and buffers of the module and of all below it, with their gradients, in place. Source:
    Module.to(dtype). */
ACCEL_API accel_status accel_module_to_dtype(accel_module *module, accel_dtype dtype);

/** Puts the module and all below it into training or evaluation mode. Source: Module.train, Module.eval. */
ACCEL_API accel_status accel_train(accel_module *module);
ACCEL_API accel_status accel_eval(accel_module *module);
ACCEL_API bool accel_is_training(accel_module *module);

/** Runs the module: new. A failure inside is reported with the module's dotted name. Collective for a module that is
    prepared and has buffers, unless gradients are off. */
ACCEL_API accel_tensor *accel_forward_tensor(accel_module *module, accel_tensor *input);
ACCEL_API accel_dict *accel_forward_dict(accel_module *module, accel_dict *inputs);

/** The state of an accel_no_init block. */
typedef struct accel_no_init_block {
    bool open;
    bool skipped_before;
} accel_no_init_block;

ACCEL_API accel_no_init_block accel_no_init_begin(void);
ACCEL_API void accel_no_init_end(accel_no_init_block *block);

/** A block in which new layers leave their parameters uninitialised and draw no random number: for a model whose
    weights are loaded next. Source: transformers' no_init_weights. */
#define accel_no_init() ACCEL_BLOCK(accel_no_init_block, accel_no_init_begin(), accel_no_init_end)

ACCEL_END_DECLS

/** accel_forward(module, x): `model(x)` for a tensor or a dict. */
#ifdef __cplusplus
inline accel_tensor *accel_forward(accel_module *module, accel_tensor *input)
{
    return accel_forward_tensor(module, input);
}
inline accel_dict *accel_forward(accel_module *module, accel_dict *inputs)
{
    return accel_forward_dict(module, inputs);
}
#else
#define accel_forward(module, input)                                                                           \
    _Generic((input), accel_tensor *: accel_forward_tensor, accel_dict *: accel_forward_dict)(module, input)
#endif

#endif
