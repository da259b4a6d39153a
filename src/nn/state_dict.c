#include <accel/autograd.h>

#include "base/error.h"
#include <accel/log.h>
#include <accel/options.h>
#include "nn/module.h"
#include "tensor/tensor.h"

/* ---- out ---- */

static bool holds(accel_dict *dict, accel_tensor *tensor)
{
    for (size_t i = 0; i < accel_dict_count(dict); i++)
        if (accel_dict_tensor(dict, i) == tensor)
            return true;
    return false;
}

static accel_status collect_parameter(const char *name, module_tensor *tensor, void *user)
{
    if (tensor->role != ROLE_PARAMETER || holds(user, tensor->tensor))
        return ACCEL_OK;
    return accel_dict_set(user, name, tensor->tensor);
}

static accel_status collect_buffer(const char *name, module_tensor *tensor, void *user)
{
    if (tensor->role == ROLE_PARAMETER || holds(user, tensor->tensor))
        return ACCEL_OK;
    return accel_dict_set(user, name, tensor->tensor);
}

static accel_status collect_state(const char *name, module_tensor *tensor, void *user)
{
    if (tensor->role == ROLE_TRANSIENT_BUFFER)
        return ACCEL_OK;
    accel_tensor *value = accel_detach(tensor->tensor);
    accel_status status = accel_dict_set(user, name, value);
    accel_free(value);
    return status;
}

static accel_dict *collect(accel_module *handle, module_visitor *visit, const char *call)
{
    RETURN_NULL_IF_FAILED();
    module_node *m = module_of(handle, call);
    accel_dict *dict = m ? accel_dict_create() : NULL;
    if (!dict || module_visit(m, visit, dict) == ACCEL_OK)
        return dict;
    accel_free(dict);
    return NULL;
}

accel_dict *accel_module_parameters(accel_module *module)
{
    return collect(module, collect_parameter, __func__);
}

accel_dict *accel_module_buffers(accel_module *module) { return collect(module, collect_buffer, __func__); }

accel_dict *accel_state_dict(accel_module *module) { return collect(module, collect_state, __func__); }

int64_t accel_module_parameter_count(accel_module *module)
{
    accel_dict *parameters = accel_module_parameters(module);
    if (!parameters)
        return -1;
    int64_t total = 0;
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        total += accel_tensor_numel(accel_dict_tensor(parameters, i));
    accel_free(parameters);
    return total;
}

/* ---- in ---- */

typedef struct loading {
    accel_module *module;
    accel_dict *dict;
    buffer missing;
    size_t used; /* entries of the dict that the module has */
} loading;

static void add_name(buffer *names, const char *name)
{
    buffer_printf(names, "%s\"%s\"", names->size ? ", " : "", name);
}

/* Whether the dict has the same memory under another name of the module: files hold tied tensors once. */
static bool is_tied_to_given(const loading *l, const module_tensor *tensor)
{
    bool found = false;
    accel_dict *own = accel_state_dict(l->module);
    for (size_t i = 0; own && i < accel_dict_count(own) && !found; i++) {
        accel_tensor *other = accel_dict_tensor(own, i);
        found = accel_tensor_numel(other) > 0 &&
                accel_tensor_device_data(other) == accel_tensor_device_data(tensor->tensor) &&
                accel_tensor_numel(other) == accel_tensor_numel(tensor->tensor) &&
                accel_dict_has(l->dict, accel_dict_name(own, i));
    }
    accel_free(own);
    return found;
}

static accel_status check_one(const char *name, module_tensor *tensor, void *user)
{
    loading *l = user;
    if (tensor->role == ROLE_TRANSIENT_BUFFER)
        return ACCEL_OK;
    if (!accel_dict_has(l->dict, name)) {
        if (!is_tied_to_given(l, tensor))
            add_name(&l->missing, name);
        return accel_error_status();
    }
    l->used++;
    static const char call[] = "accel_load_state_dict";
    engine_view own, given;
    if (tensor_view(tensor->tensor, call, &own) != ACCEL_OK ||
        tensor_view(accel_dict_get(l->dict, name), call, &given) != ACCEL_OK)
        return accel_error_status();
    char expected[TENSOR_SHAPE_TEXT], got[TENSOR_SHAPE_TEXT];
    if (tensor_same_shape(&own, &given))
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, call, "\"%s\" has shape %s, the module's is %s", name,
                             tensor_shape_text(given.sizes, given.rank, got),
                             tensor_shape_text(own.sizes, own.rank, expected));
}

static accel_status copy_one(const char *name, module_tensor *tensor, void *user)
{
    loading *l = user;
    if (tensor->role == ROLE_TRANSIENT_BUFFER || !accel_dict_has(l->dict, name))
        return ACCEL_OK;
    return accel_tensor_assign(tensor->tensor, accel_dict_get(l->dict, name));
}

/* The names of the dict that the module does not have. */
static void find_unexpected(accel_module *module, accel_dict *dict, buffer *names)
{
    accel_dict *own = accel_state_dict(module);
    for (size_t i = 0; own && i < accel_dict_count(dict); i++)
        if (!accel_dict_has(own, accel_dict_name(dict, i)))
            add_name(names, accel_dict_name(dict, i));
    accel_free(own);
}

static accel_status report(const loading *l, const buffer *unexpected, bool strict)
{
    if (!l->missing.size && !unexpected->size)
        return ACCEL_OK;
    const char *missing = l->missing.size ? l->missing.data : "none";
    const char *too_many = unexpected->size ? unexpected->data : "none";
    if (strict)
        return accel_error_raise(ACCEL_ENOTFOUND, "accel_load_state_dict", "missing: %s; unexpected: %s",
                                 missing, too_many);
    accel_log_line(l->used > 0 ? ACCEL_LOG_INFO : ACCEL_LOG_WARNING,
                   "accel_load_state_dict: missing: %s; unexpected: %s", missing, too_many);
    return ACCEL_OK;
}

accel_load_state_dict_options accel_load_state_dict_options_default(void)
{
    return (accel_load_state_dict_options){ACCEL_LOAD_STATE_DICT_DEFAULTS()};
}

static accel_status check_all(accel_module *handle, module_node *m, accel_dict *dict, bool strict)
{
    loading l = {.module = handle, .dict = dict};
    buffer unexpected = {0};
    if (module_visit(m, check_one, &l) == ACCEL_OK && l.used < accel_dict_count(dict))
        find_unexpected(handle, dict, &unexpected);
    if (!accel_error_is_set())
        report(&l, &unexpected, strict);
    buffer_dispose(&l.missing);
    buffer_dispose(&unexpected);
    return accel_error_status();
}

accel_status module_check_state_dict(accel_module *handle, accel_dict *dict)
{
    RETURN_STATUS_IF_FAILED();
    module_node *m = module_of(handle, "accel_load_state_dict");
    return m ? check_all(handle, m, dict, true) : accel_error_status();
}

accel_status accel_load_state_dict_with(accel_module *handle, accel_dict *dict,
                                        const accel_load_state_dict_options *options)
{
    RETURN_STATUS_IF_FAILED();
    accel_load_state_dict_options o = accel_load_state_dict_options_default();
    module_node *m = module_of(handle, "accel_load_state_dict");
    if (accel_options_read("accel_load_state_dict", &o, sizeof o, options) != ACCEL_OK || !m ||
        check_all(handle, m, dict, o.strict) != ACCEL_OK)
        return accel_error_status();
    accel_no_grad() {
        module_visit(m, copy_one, &(loading){.module = handle, .dict = dict});
    }
    return accel_error_status();
}
