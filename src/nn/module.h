/* The module tree, as the files of this room see it. */
#ifndef ACCEL_NN_MODULE_H
#define ACCEL_NN_MODULE_H

#include <accel/module.h>

#include "base/buffer.h"
#include "base/object.h"

typedef enum tensor_role {
    ROLE_PARAMETER,
    ROLE_BUFFER,
    ROLE_TRANSIENT_BUFFER, /* not part of the state dict */
} tensor_role;

typedef struct module_tensor {
    char *name;
    accel_tensor *tensor; /* retained */
    tensor_role role;
} module_tensor;

/* What `before` leaves for `after`. */
typedef struct module_passage {
    uint64_t words[2];
} module_passage;

/* What is called around a forward of one module, on the thread that runs it; NULL functions for nothing. */
typedef struct module_hooks {
    accel_status (*before)(void *user, module_passage *passage);
    void (*after)(void *user, const module_passage *passage); /* of every `before` that succeeded */
    /* What the caller gets instead of what the forward returned: new, or the same handle. */
    accel_tensor *(*tensor)(void *user, accel_tensor *output);
    accel_dict *(*dict)(void *user, accel_dict *outputs);
    void *user;
} module_hooks;

typedef struct module_node {
    char *type;
    accel_forward_function *forward;
    accel_forward_dict_function *forward_dict;
    void *user;
    void (*release)(void *user);
    bool training;
    module_hooks hooks;         /* NULL functions for none */
    struct module_node *parent; /* the first it was added to, for its dotted name; NULL for none */
    char *name;                 /* in that parent */
    accel_module **children;    /* retained */
    size_t children_count;
    module_tensor *tensors;
    size_t tensors_count;
} module_node;

extern const object_class module_class;

/* Sets what is called around the module's forward; NULL: nothing. */
accel_status module_set_hooks(accel_module *module, const module_hooks *hooks);
bool module_has_hooks(accel_module *module);

/* The module behind a handle; NULL with the reason recorded. */
module_node *module_of(accel_module *handle, const char *call);

/* Calls `visit` for every tensor of the module and of those below it, parents first, with its dotted name, until
   one returns a failure. */
typedef accel_status module_visitor(const char *name, module_tensor *tensor, void *user);
accel_status module_visit(module_node *m, module_visitor *visit, void *user);

/* Whether accel_load_state_dict would take it, all of it; records why not. */
accel_status module_check_state_dict(accel_module *module, accel_dict *dict);

#endif
