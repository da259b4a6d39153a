#include <stdio.h>
#include <string.h>

#include "base/callback.h"
#include "base/error.h"
#include "base/scope.h"
#include "nn/module.h"
#include "tensor/dict.h"
#include "tensor/phase.h"
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
    buffer name = {0};
    if (strstr(accel_error_last()->message, mark))
        return;
    append_name(m, &name);
    error_append("%s%s%s%s]", mark, m->type, name.size ? " " : "", name.size ? name.data : "");
    buffer_dispose(&name);
}

/* A runaway forward, one that calls itself, ends in a message rather than at the end of the stack. */
enum { DEPTH_MAX = 1000 };
static _Thread_local int depth;

/* One forward under way. */
typedef struct passage {
    accel_module *handle; /* retained: its forward may free it */
    module_node *module;
    accel_scope *scope; /* of what is made inside */
    phase *phase;
    module_passage hooks;
    callback running;
} passage;

static accel_status check(const module_node *m, const void *input, bool is_dict)
{
    static const char call[] = "accel_forward";
    if (!input)
        accel_error_raise(ACCEL_EINVAL, call, "input is NULL");
    else if (is_dict ? !m->forward_dict : !m->forward)
        accel_error_raise(ACCEL_EINVAL, call, "%s does not take a %s", m->type, is_dict ? "dict" : "tensor");
    else if (depth >= DEPTH_MAX)
        accel_error_raise(ACCEL_EINVAL, call, "modules are called %d deep: does one call itself?", depth);
    if (accel_error_is_set())
        add_module_to_error(m);
    return accel_error_status();
}

/* Failures of the hooks are not the module's. */
static bool begin(passage *p, accel_module *handle, const void *input, bool is_dict)
{
    if (accel_error_is_set())
        return false;
    module_node *m = p->module = module_of(handle, "accel_forward");
    if (!m || check(m, input, is_dict) != ACCEL_OK ||
        (m->hooks.before && m->hooks.before(m->hooks.user, &p->hooks) != ACCEL_OK))
        return false;
    p->scope = accel_scope_begin();
    if (!p->scope && m->hooks.after)
        m->hooks.after(m->hooks.user, &p->hooks);
    if (!p->scope)
        return false;
    p->handle = object_retain(handle);
    p->phase = phase_begin(depth == 0 ? "forward" : m->type);
    depth++;
    callback_begin(&p->running, CALLBACK_FORWARD, NULL);
    return true;
}

/* Ends what was made inside, except the result. */
static void *end(passage *p, void *result)
{
    const module_node *m = p->module;
    callback_end(&p->running);
    depth--;
    phase_end(p->phase);
    if (!result && !accel_error_is_set())
        accel_error_raise(ACCEL_EINVAL, "accel_forward", "the forward function returned NULL");
    if (accel_error_is_set())
        add_module_to_error(m);
    else
        scope_pass_out(p->scope, result);
    scope_free(p->scope);
    if (m->hooks.after)
        m->hooks.after(m->hooks.user, &p->hooks);
    object_release(p->handle);
    return accel_error_is_set() ? NULL : result;
}

/* Whether a result was not made inside: the caller's input, a parameter, something kept elsewhere. The caller then gets
   another handle to it, which is new. */
static bool is_borrowed(const accel_scope *scope, const void *result)
{
    return result && !accel_error_is_set() && ((const object *)result)->scope != scope;
}

static accel_tensor *own_tensor(const passage *p, accel_tensor *result)
{
    const module_hooks *hooks = &p->module->hooks;
    if (!result || accel_error_is_set() || !tensor_check(result, "accel_forward", "the result"))
        return NULL;
    if (hooks->tensor)
        result = hooks->tensor(hooks->user, result);
    return is_borrowed(p->scope, result) ? tensor_share(result, "accel_forward") : result;
}

accel_tensor *accel_forward_tensor(accel_module *handle, accel_tensor *input)
{
    passage p;
    if (!begin(&p, handle, input, false))
        return NULL;
    return end(&p, own_tensor(&p, p.module->forward(handle, input, p.module->user)));
}

static accel_dict *own_dict(const passage *p, accel_dict *result)
{
    const module_hooks *hooks = &p->module->hooks;
    if (!result || accel_error_is_set() || !object_check(result, &dict_class, "accel_forward", "the result"))
        return NULL;
    if (hooks->dict)
        result = hooks->dict(hooks->user, result);
    return is_borrowed(p->scope, result) ? dict_share(result) : result;
}

accel_dict *accel_forward_dict(accel_module *handle, accel_dict *inputs)
{
    passage p;
    if (!begin(&p, handle, inputs, true))
        return NULL;
    return end(&p, own_dict(&p, p.module->forward_dict(handle, inputs, p.module->user)));
}
