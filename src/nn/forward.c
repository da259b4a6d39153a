#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/scope.h"
#include "nn/module.h"
#include "tensor/dict.h"
#include "tensor/tensor.h"

static void append_name(const module_node *m, buffer *name)
{
    if (!m->parent)
        return;
    append_name(m->parent, name);
    buffer_printf(name, "%s%s", name->size ? "." : "", m->name);
}

/* Says where a failure came from, once: the innermost module. */
static void add_module_to_error(const module_node *m)
{
    static const char mark[] = " [in module ";
    accel_error error;
    error_take(&error);
    if (!strstr(error.message, mark)) {
        buffer name = {0};
        append_name(m, &name);
        size_t used = strlen(error.message);
        snprintf(error.message + used, sizeof error.message - used, "%s%s%s%s]", mark, m->type,
                 name.size ? " " : "", name.size ? name.data : "");
        buffer_dispose(&name);
    }
    error_restore(&error);
}

/* A runaway forward, one that calls itself, ends in a message rather than at the end of the stack. */
enum { DEPTH_MAX = 1000 };
static _Thread_local int depth;

/* What every forward starts with: the module and its scope, or NULL. */
static module_node *begin(accel_module *handle, const void *input, bool is_dict, accel_scope **scope)
{
    RETURN_NULL_IF_FAILED();
    module_node *m = module_of(handle, "accel_forward");
    if (!m)
        return NULL;
    if (!input)
        accel_error_raise(ACCEL_EINVAL, "accel_forward", "input is NULL");
    else if (is_dict ? !m->forward_dict : !m->forward)
        accel_error_raise(ACCEL_EINVAL, "accel_forward", "%s does not take a %s", m->type,
                          is_dict ? "dict" : "tensor");
    else if (depth >= DEPTH_MAX)
        accel_error_raise(ACCEL_EINVAL, "accel_forward", "modules are called %d deep: does one call itself?",
                          depth);
    else if (m->hooks.before && m->hooks.before(m->hooks.user) != ACCEL_OK)
        return NULL; /* no failure of the module's */
    else if ((*scope = accel_scope_begin()))
        return m;
    add_module_to_error(m);
    return NULL;
}

/* Ends what was made inside, except the result. */
static void *end(const module_node *m, accel_scope *scope, void *result)
{
    if (!result && !accel_error_is_set())
        accel_error_raise(ACCEL_EINVAL, "accel_forward", "the forward function returned NULL");
    if (accel_error_is_set())
        add_module_to_error(m);
    else
        scope_pass_out(scope, result);
    scope_free(scope);
    return accel_error_is_set() ? NULL : result;
}

/* Whether a result was not made inside: the caller's input, a parameter, something kept elsewhere. The caller then gets
   another handle to it, which is new. */
static bool is_borrowed(const accel_scope *scope, const void *result)
{
    return result && !accel_error_is_set() && ((const object *)result)->scope != scope;
}

accel_tensor *accel_forward_tensor(accel_module *handle, accel_tensor *input)
{
    accel_scope *scope = NULL;
    module_node *m = begin(handle, input, false, &scope);
    if (!m)
        return NULL;
    depth++;
    accel_tensor *result = m->forward(handle, input, m->user);
    depth--;
    if (result && !accel_error_is_set() && !tensor_check(result, "accel_forward", "the result"))
        result = NULL;
    return end(m, scope, is_borrowed(scope, result) ? tensor_share(result, "accel_forward") : result);
}

accel_dict *accel_forward_dict(accel_module *handle, accel_dict *inputs)
{
    accel_scope *scope = NULL;
    module_node *m = begin(handle, inputs, true, &scope);
    if (!m)
        return NULL;
    depth++;
    accel_dict *result = m->forward_dict(handle, inputs, m->user);
    depth--;
    if (result && !accel_error_is_set() && !object_check(result, &dict_class, "accel_forward", "the result"))
        result = NULL;
    return end(m, scope, is_borrowed(scope, result) ? dict_share(result) : result);
}
