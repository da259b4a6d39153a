#include "nn/module.h"

#include <string.h>

#include <accel/autograd.h>
#include <accel/options.h>

#include "base/callback.h"
#include "base/error.h"
#include "base/memory.h"
#include "tensor/device.h"
#include "tensor/tensor.h"

static void free_module(module_node *m)
{
    for (size_t i = 0; i < m->children_count; i++) {
        module_node *child = ((object *)m->children[i])->payload;
        if (child->parent == m)
            child->parent = NULL;
        object_release(m->children[i]);
    }
    for (size_t i = 0; i < m->tensors_count; i++) {
        memory_free(m->tensors[i].name);
        object_release(m->tensors[i].tensor);
    }
    memory_free(m->children);
    memory_free(m->tensors);
    memory_free(m->name);
    memory_free(m->type);
    memory_free(m);
}

static void destroy(object *o)
{
    module_node *m = o->payload;
    if (m->release) {
        callback running;
        callback_begin(&running, CALLBACK_RELEASE, NULL);
        m->release(m->user);
        callback_end(&running);
    }
    free_module(m);
}

const object_class module_class = {.name = "module", .destroy = destroy};

module_node *module_of(accel_module *handle, const char *call)
{
    return object_payload(handle, &module_class, call, "module");
}

accel_module_options accel_module_options_default(void)
{
    return (accel_module_options){ACCEL_MODULE_DEFAULTS()};
}

accel_module *accel_module_create_with(const accel_module_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_module_options o = accel_module_options_default();
    if (accel_options_read("accel_module_create", &o, sizeof o, options) != ACCEL_OK)
        return NULL;
    module_node *m = memory_alloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->type = memory_copy_string(o.type ? o.type : "Module");
    m->forward = o.forward;
    m->forward_dict = o.forward_dict;
    m->user = o.user;
    m->training = true;
    object *handle = m->type ? object_create(&module_class, m) : NULL;
    if (!handle) {
        free_module(m);
        return NULL;
    }
    m->release = o.release;
    return (accel_module *)handle;
}

const char *accel_module_type(accel_module *handle)
{
    module_node *m = module_of(handle, __func__);
    return m ? m->type : NULL;
}

void *accel_module_user(accel_module *handle)
{
    module_node *m = module_of(handle, __func__);
    return m ? m->user : NULL;
}

accel_status module_set_hooks(accel_module *handle, const module_hooks *hooks)
{
    module_node *m = module_of(handle, "accelerator_prepare");
    if (m)
        m->hooks = hooks ? *hooks : (module_hooks){0};
    return accel_error_status();
}

bool module_has_hooks(accel_module *handle)
{
    module_node *m = module_of(handle, "accelerator_prepare");
    return m && m->hooks.before;
}

/* ---- building the tree ---- */

static module_tensor *find_tensor(module_node *m, const char *name, size_t length)
{
    for (size_t i = 0; i < m->tensors_count; i++)
        if (strncmp(m->tensors[i].name, name, length) == 0 && m->tensors[i].name[length] == '\0')
            return &m->tensors[i];
    return NULL;
}

static accel_module *find_child(module_node *m, const char *name, size_t length)
{
    for (size_t i = 0; i < m->children_count; i++) {
        module_node *child = ((object *)m->children[i])->payload;
        if (strncmp(child->name, name, length) == 0 && child->name[length] == '\0')
            return m->children[i];
    }
    return NULL;
}

/* Prepared, or part of what is: what came now would be trained in each process for itself. */
static bool is_prepared(const module_node *m)
{
    for (; m; m = m->parent)
        if (m->hooks.before)
            return true;
    return false;
}

/* A name is new within its module, which may still grow, and has no dot. */
static bool name_is_free(module_node *m, const char *name, const char *call)
{
    if (is_prepared(m))
        accel_error_raise(ACCEL_EINVAL, call, "the module is prepared: nothing can be added any more");
    else if (!name)
        accel_error_raise(ACCEL_EINVAL, call, "name is NULL");
    else if (!*name || strchr(name, '.'))
        accel_error_raise(ACCEL_EINVAL, call, "name must be non-empty and without dots, got \"%s\"", name);
    else if (find_tensor(m, name, strlen(name)) || find_child(m, name, strlen(name)))
        accel_error_raise(ACCEL_EINVAL, call, "%s has a \"%s\" already", m->type, name);
    else
        return true;
    return false;
}

static bool is_below(const module_node *m, const module_node *ancestor)
{
    for (; m; m = m->parent)
        if (m == ancestor)
            return true;
    return false;
}

/* Where the child, whose reference is the caller's, goes into the parent's list. */
static accel_status attach(module_node *m, const char *name, accel_module *handle, module_node *child)
{
    accel_module **children = memory_resize(m->children, m->children_count + 1, sizeof(accel_module *));
    if (!children)
        return accel_error_status();
    m->children = children;
    char *copy = memory_copy_string(name);
    if (!copy)
        return accel_error_status();
    memory_free(child->name);
    child->name = copy;
    child->parent = m;
    children[m->children_count++] = handle;
    return ACCEL_OK;
}

accel_module *accel_module_add(accel_module *parent, const char *name, accel_module *child)
{
    module_node *m = module_of(parent, __func__), *c = module_of(child, __func__);
    if (!c)
        return NULL;
    object_take(child);
    if (m && is_below(m, c))
        RAISE(ACCEL_EINVAL, "\"%s\" would contain itself", name ? name : "");
    else if (m && c->parent)
        RAISE(ACCEL_EINVAL, "the module belongs to another as \"%s\" already", c->name);
    else if (m && name_is_free(m, name, __func__) && !accel_error_is_set() &&
             attach(m, name, child, c) == ACCEL_OK)
        return child;
    object_release(child);
    return NULL;
}

/* Parameters stand before buffers, as in PyTorch's state dicts. */
static size_t place_of(const module_node *m, tensor_role role)
{
    size_t place = m->tensors_count;
    while (role == ROLE_PARAMETER && place > 0 && m->tensors[place - 1].role != ROLE_PARAMETER)
        place--;
    return place;
}

static accel_status attach_tensor(module_node *m, const char *name, accel_tensor *tensor, tensor_role role)
{
    module_tensor *tensors = memory_resize(m->tensors, m->tensors_count + 1, sizeof *tensors);
    if (!tensors)
        return accel_error_status();
    m->tensors = tensors;
    char *copy = memory_copy_string(name);
    if (!copy)
        return accel_error_status();
    size_t place = place_of(m, role);
    memmove(&tensors[place + 1], &tensors[place], (m->tensors_count - place) * sizeof *tensors);
    tensors[place] = (module_tensor){.name = copy, .tensor = tensor, .role = role};
    m->tensors_count++;
    return ACCEL_OK;
}

static accel_tensor *add_tensor(accel_module *module, const char *name, accel_tensor *tensor, tensor_role role,
                                const char *call)
{
    module_node *m = module_of(module, call);
    if (!tensor_check(tensor, call, name ? name : "tensor"))
        return NULL;
    object_take(tensor);
    bool trains = role != ROLE_PARAMETER || accel_set_requires_grad(tensor, true) == ACCEL_OK;
    if (m && trains && name_is_free(m, name, call) && !accel_error_is_set() &&
        attach_tensor(m, name, tensor, role) == ACCEL_OK)
        return tensor;
    object_release(tensor);
    return NULL;
}

accel_tensor *accel_module_add_parameter(accel_module *module, const char *name, accel_tensor *tensor)
{
    return add_tensor(module, name, tensor, ROLE_PARAMETER, __func__);
}

accel_tensor *accel_module_add_buffer(accel_module *module, const char *name, accel_tensor *tensor,
                                      bool persistent)
{
    return add_tensor(module, name, tensor, persistent ? ROLE_BUFFER : ROLE_TRANSIENT_BUFFER, __func__);
}

/* ---- finding and visiting ---- */

accel_module *accel_module_child(accel_module *handle, const char *name)
{
    RETURN_NULL_IF_FAILED();
    if (!name)
        return RAISE_NULL(ACCEL_EINVAL, "name is NULL");
    const char *rest = name;
    for (module_node *m = module_of(handle, __func__); m; m = module_of(handle, __func__)) {
        size_t length = strcspn(rest, ".");
        handle = find_child(m, rest, length);
        if (!handle)
            return RAISE_NULL(ACCEL_ENOTFOUND, "%s has no child \"%s\"", m->type, name);
        if (rest[length] == '\0')
            return handle;
        rest += length + 1;
    }
    return NULL;
}

accel_tensor *accel_module_tensor(accel_module *handle, const char *name)
{
    RETURN_NULL_IF_FAILED();
    module_node *m = module_of(handle, __func__);
    if (!name)
        return RAISE_NULL(ACCEL_EINVAL, "name is NULL");
    const char *rest = name;
    while (m) {
        size_t length = strcspn(rest, ".");
        if (rest[length] == '\0') {
            module_tensor *found = find_tensor(m, rest, length);
            if (found)
                return found->tensor;
            break;
        }
        accel_module *child = find_child(m, rest, length);
        m = child ? ((object *)child)->payload : NULL;
        rest += length + 1;
    }
    return RAISE_NULL(ACCEL_ENOTFOUND, "no parameter or buffer \"%s\"", name);
}

static accel_status visit_below(module_node *m, buffer *path, module_visitor *visit, void *user)
{
    size_t length = path->size;
    accel_status status = ACCEL_OK;
    for (size_t i = 0; i < m->tensors_count && status == ACCEL_OK; i++) {
        path->size = length;
        status = buffer_append_string(path, m->tensors[i].name);
        if (status == ACCEL_OK)
            status = visit(path->data, &m->tensors[i], user);
    }
    for (size_t i = 0; i < m->children_count && status == ACCEL_OK; i++) {
        module_node *child = ((object *)m->children[i])->payload;
        path->size = length;
        status = buffer_printf(path, "%s.", child->name);
        if (status == ACCEL_OK)
            status = visit_below(child, path, visit, user);
    }
    return status;
}

accel_status module_visit(module_node *m, module_visitor *visit, void *user)
{
    buffer path = {0};
    accel_status status = visit_below(m, &path, visit, user);
    buffer_dispose(&path);
    return status;
}

/* ---- places ---- */

static accel_status move_one(const char *name, module_tensor *tensor, void *user)
{
    (void)name;
    const accel_device *device = user;
    return device_move(tensor->tensor, *device, "accel_module_to_device");
}

accel_status accel_module_to_device(accel_module *handle, accel_device device)
{
    RETURN_STATUS_IF_FAILED();
    module_node *m = module_of(handle, __func__);
    if (!m || !device_check(device, __func__))
        return accel_error_status();
    return module_visit(m, move_one, &device);
}

static accel_status convert_one(const char *name, module_tensor *tensor, void *user)
{
    (void)name;
    const accel_dtype *dtype = user;
    return device_convert(tensor->tensor, *dtype, "accel_module_to_dtype");
}

accel_status accel_module_to_dtype(accel_module *handle, accel_dtype dtype)
{
    RETURN_STATUS_IF_FAILED();
    module_node *m = module_of(handle, __func__);
    if (!m)
        return accel_error_status();
    if (!accel_dtype_is_floating(dtype))
        return RAISE(ACCEL_EINVAL, "dtype must be a floating one, got %s", accel_dtype_name(dtype));
    return module_visit(m, convert_one, &dtype);
}

/* ---- modes ---- */

static accel_status set_training(accel_module *handle, bool training, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    module_node *m = module_of(handle, call);
    if (!m)
        return accel_error_status();
    m->training = training;
    for (size_t i = 0; i < m->children_count; i++)
        set_training(m->children[i], training, call);
    return ACCEL_OK;
}

accel_status accel_train(accel_module *module) { return set_training(module, true, __func__); }

accel_status accel_eval(accel_module *module) { return set_training(module, false, __func__); }

bool accel_is_training(accel_module *handle)
{
    module_node *m = module_of(handle, __func__);
    return m && m->training;
}
