/* What a process knows beside its models, optimizers and schedules: where its loaders are, and what of a step is done. */
#include <stdio.h>
#include <string.h>

#include <accel/autograd.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "accelerator/gradient.h"
#include "accelerator/state_parts.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/engine.h"
#include "optim/optimizer.h"
#include "tensor/device.h"
#include "tensor/state.h"
#include "tensor/tensor.h"

static const char loading[] = "accelerator_load_state";

enum { NAME_SIZE = 512 };

/* ---- numbers: one walk for out and in ---- */

typedef struct numbers {
    accel_dict *dict;
    bool out;
} numbers;

static void pass_integer(const numbers *n, const char *name, int64_t *value)
{
    if (n->out) {
        state_set(n->dict, name, ACCEL_INT64, value, NULL, 0);
        return;
    }
    accel_tensor *number = state_get(n->dict, name, loading);
    *value = number ? accel_item_integer(number) : *value;
}

static void pass_real(const numbers *n, const char *name, double *value)
{
    if (n->out) {
        state_set(n->dict, name, ACCEL_FLOAT64, value, NULL, 0);
        return;
    }
    accel_tensor *number = state_get(n->dict, name, loading);
    *value = number ? accel_item(number) : *value;
}

static void pass_flag(const numbers *n, const char *name, bool *value)
{
    int64_t number = *value;
    pass_integer(n, name, &number);
    *value = number != 0;
}

static void pass_window(const numbers *n, window *w)
{
    pass_integer(n, "window.step", &w->step);
    pass_integer(n, "window.length", &w->length);
    pass_integer(n, "window.divisor", &w->divisor);
    pass_integer(n, "window.items", &w->items);
    pass_real(n, "window.base", &w->base);
    pass_flag(n, "window.syncs", &w->syncs);
    pass_flag(n, "window.counted", &w->counted);
    pass_flag(n, "window.counts", &w->counts);
}

static void pass_float(const numbers *n, const char *name, float *value)
{
    double wide = (double)*value;
    pass_real(n, name, &wide);
    *value = (float)wide;
}

static void pass_optimizer(const numbers *n, size_t index, prepared_optimizer *p)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "optimizers.%zu.scale", index);
    pass_float(n, name, &p->scale);
    snprintf(name, sizeof name, "optimizers.%zu.unscaled", index);
    pass_flag(n, name, &p->unscaled);
    snprintf(name, sizeof name, "optimizers.%zu.finite", index);
    pass_flag(n, name, &p->finite);
    snprintf(name, sizeof name, "optimizers.%zu.skipped", index);
    pass_flag(n, name, &p->skipped);
}

static void pass_local(const numbers *n, size_t index, local_sgd *l)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "local_sgd.%zu.steps", index);
    pass_integer(n, name, n->out ? &l->steps : &l->resumed);
}

static void pass_numbers(facade *f, const numbers *n)
{
    pass_window(n, &f->window);
    pass_float(n, "loss_scale", &f->loss_scale);
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_OPTIMIZER); i++)
        pass_optimizer(n, i, state_part(f, ACCEL_PREPARABLE_OPTIMIZER, i)->optimizer);
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_MODULE); i++)
        pass_local(n, i, &state_part(f, ACCEL_PREPARABLE_MODULE, i)->module->local);
}

/* ---- parameters: those of models by their names, and others by their place in an optimizer ---- */

typedef accel_status parameter_visitor(facade *f, const char *name, accel_tensor *parameter, accel_dict *dict);

static accel_status visit_module(facade *f, size_t index, parameter_visitor *visit, accel_dict *dict)
{
    accel_dict *parameters = accel_module_parameters(state_part(f, ACCEL_PREPARABLE_MODULE, index)->handle);
    for (size_t i = 0; i < accel_dict_count(parameters) && !accel_error_is_set(); i++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "%zu.%s", index, accel_dict_name(parameters, i));
        visit(f, name, accel_dict_tensor(parameters, i), dict);
    }
    accel_free(parameters);
    return accel_error_status();
}

static bool is_of_module(const facade *f, const accel_tensor *parameter)
{
    bool found = false;
    for (size_t m = 0; m < state_part_count(f, ACCEL_PREPARABLE_MODULE) && !found; m++) {
        accel_dict *parameters = accel_module_parameters(state_part(f, ACCEL_PREPARABLE_MODULE, m)->handle);
        for (size_t i = 0; i < accel_dict_count(parameters) && !found; i++)
            found = accel_dict_tensor(parameters, i) == parameter;
        accel_free(parameters);
    }
    return found;
}

static accel_status visit_optimizer(facade *f, size_t index, parameter_visitor *visit, accel_dict *dict)
{
    size_t count = 0;
    accel_tensor **list =
        optimizer_parameters(state_part(f, ACCEL_PREPARABLE_OPTIMIZER, index)->handle, &count);
    for (size_t i = 0; list && i < count && !accel_error_is_set(); i++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "optimizer_%zu.%zu", index, i);
        if (!is_of_module(f, list[i]))
            visit(f, name, list[i], dict);
    }
    memory_free(list);
    return accel_error_status();
}

static accel_status visit_parameters(facade *f, parameter_visitor *visit, accel_dict *dict)
{
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_MODULE) && !accel_error_is_set(); i++)
        visit_module(f, i, visit, dict);
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_OPTIMIZER) && !accel_error_is_set(); i++)
        visit_optimizer(f, i, visit, dict);
    return accel_error_status();
}

/* ---- gradients ---- */

static accel_status put_gradient(facade *f, const char *name, accel_tensor *parameter, accel_dict *dict)
{
    char full[NAME_SIZE];
    accel_tensor *old = NULL, *gradient = accel_grad(parameter);
    float old_scale = 1;
    if (!gradient)
        return accel_error_status();
    snprintf(full, sizeof full, "gradients.%.440s", name);
    accel_dict_set(dict, full, gradient);
    if (gradient_get_old(f, parameter, &old, &old_scale)) {
        const double scale = (double)old_scale;
        snprintf(full, sizeof full, "old_gradients.%.440s", name);
        accel_dict_set(dict, full, old);
        snprintf(full, sizeof full, "old_scales.%.440s", name);
        state_set(dict, full, ACCEL_FLOAT64, &scale, NULL, 0);
    }
    return accel_error_status();
}

static accel_tensor *find(accel_dict *dict, const char *kind, const char *name)
{
    char full[NAME_SIZE];
    snprintf(full, sizeof full, "%.64s.%.440s", kind, name);
    return accel_dict_has(dict, full) ? accel_dict_get(dict, full) : NULL;
}

static accel_status check_gradient(facade *f, const char *name, accel_tensor *parameter, accel_dict *dict)
{
    (void)f;
    accel_tensor *given = find(dict, "gradients", name);
    if (!given || accel_tensor_numel(given) == accel_tensor_numel(parameter))
        return accel_error_status();
    return accel_error_raise(ACCEL_EMISMATCH, loading,
                             "the gradient of \"%s\" has %lld elements, its parameter %lld", name,
                             (long long)accel_tensor_numel(given), (long long)accel_tensor_numel(parameter));
}

/* A copy beside the parameter, of its shape and dtype. */
static accel_tensor *beside(accel_tensor *parameter, accel_tensor *given)
{
    engine_view view;
    if (tensor_view(parameter, loading, &view) != ACCEL_OK)
        return NULL;
    accel_tensor *copy = device_empty(parameter, view.dtype, view.sizes, view.rank);
    accel_tensor_assign(copy, given);
    return accel_error_is_set() ? NULL : copy;
}

static accel_status take_gradient(facade *f, const char *name, accel_tensor *parameter, accel_dict *dict)
{
    accel_tensor *given = find(dict, "gradients", name), *old = find(dict, "old_gradients", name);
    accel_tensor *scale = find(dict, "old_scales", name);
    if (accel_error_is_set())
        return accel_error_status();
    accel_tensor *gradient = given ? beside(parameter, given) : NULL;
    if (!accel_error_is_set())
        engine_tensor_set_grad(parameter, gradient);
    if (gradient && old && scale && !accel_error_is_set())
        gradient_put_old(f, parameter, beside(parameter, old), (float)accel_item(scale));
    return accel_error_status();
}

/* ---- dicts in the dict ---- */

/* Takes the inner one. */
static void put_dict(accel_dict *dict, const char *kind, size_t index, accel_dict *inner)
{
    for (size_t i = 0; inner && i < accel_dict_count(inner); i++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "%.64s.%zu.%.400s", kind, index, accel_dict_name(inner, i));
        accel_dict_set(dict, name, accel_dict_tensor(inner, i));
    }
    accel_free(inner);
}

/* New. */
static accel_dict *take_dict(accel_dict *dict, const char *kind, size_t index)
{
    char prefix[96];
    accel_dict *inner = accel_dict_create();
    size_t length = (size_t)snprintf(prefix, sizeof prefix, "%.64s.%zu.", kind, index);
    for (size_t i = 0; inner && i < accel_dict_count(dict); i++)
        if (strncmp(accel_dict_name(dict, i), prefix, length) == 0)
            accel_dict_set(inner, accel_dict_name(dict, i) + length, accel_dict_tensor(dict, i));
    return inner;
}

/* ---- models and optimizers that are this process's own, while others train theirs ---- */

static const char local_models[] = "local_models", local_optimizers[] = "local_optimizers";

static accel_status put_local(facade *f, accel_dict *dict)
{
    bool any = false;
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_MODULE); i++) {
        const prepared *p = state_part(f, ACCEL_PREPARABLE_MODULE, i);
        if (p->module->local.period > 0)
            put_dict(dict, local_models, i, accel_state_dict(p->handle));
        any = any || p->module->local.period > 0;
    }
    for (size_t i = 0; any && i < state_part_count(f, ACCEL_PREPARABLE_OPTIMIZER); i++)
        put_dict(dict, local_optimizers, i,
                 accel_optimizer_state_dict(state_part(f, ACCEL_PREPARABLE_OPTIMIZER, i)->handle));
    return accel_error_status();
}

static accel_status take_local(facade *f, accel_dict *dict)
{
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_MODULE) && !accel_error_is_set(); i++) {
        accel_dict *own = take_dict(dict, local_models, i);
        if (own && accel_dict_count(own) > 0)
            accel_load_state_dict(state_part(f, ACCEL_PREPARABLE_MODULE, i)->handle, own);
        accel_free(own);
    }
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_OPTIMIZER) && !accel_error_is_set(); i++) {
        accel_dict *own = take_dict(dict, local_optimizers, i);
        if (own && accel_dict_count(own) > 0)
            accel_optimizer_load_state_dict(state_part(f, ACCEL_PREPARABLE_OPTIMIZER, i)->handle, own);
        accel_free(own);
    }
    return accel_error_status();
}

/* ---- loaders ---- */

static accel_status take_loaders(facade *f, accel_dict *dict)
{
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_LOADER) && !accel_error_is_set(); i++) {
        accel_dict *state = take_dict(dict, "loaders", i);
        if (state)
            accel_loader_load_state_dict(state_part(f, ACCEL_PREPARABLE_LOADER, i)->handle, state);
        accel_free(state);
    }
    return accel_error_status();
}

/* ---- objects: their names, so that none takes up what another one saved ---- */

static void name_object(const facade *f, size_t index, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "objects.%zu.%.400s", index, f->state.objects[index].name);
}

static accel_status check_objects(const facade *f, accel_dict *dict)
{
    size_t found = 0;
    const char *other = "";
    for (size_t i = 0; i < accel_dict_count(dict); i++)
        if (strncmp(accel_dict_name(dict, i), "objects.", 8) == 0) {
            char name[NAME_SIZE] = "";
            if (found < f->state.object_count)
                name_object(f, found, name);
            if (strcmp(accel_dict_name(dict, i), name) != 0)
                other = strchr(accel_dict_name(dict, i) + 8, '.') + 1;
            found++;
            if (*other)
                break;
        }
    if (*other && found <= f->state.object_count)
        return accel_error_raise(ACCEL_EMISMATCH, loading,
                                 "object %zu was saved as \"%s\", and \"%s\" is registered", found - 1, other,
                                 f->state.objects[found - 1].name);
    if (*other)
        return accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" was saved, and is not registered", other);
    if (found < f->state.object_count)
        return accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" is registered, and was not saved",
                                 f->state.objects[found].name);
    return accel_error_status();
}

/* ---- all of it ---- */

accel_dict *state_process_collect(facade *f)
{
    RETURN_NULL_IF_FAILED();
    accel_dict *dict = accel_dict_create();
    const int64_t one = 1;
    const numbers n = {dict, true};
    if (!dict)
        return NULL;
    pass_integer(&n, "num_processes", &(int64_t){f->ranks.world_size});
    pass_integer(&n, "num_loaders", &(int64_t){(int64_t)state_part_count(f, ACCEL_PREPARABLE_LOADER)});
    pass_numbers(f, &n);
    for (size_t i = 0; i < f->state.object_count; i++) {
        char name[NAME_SIZE];
        name_object(f, i, name);
        state_set(dict, name, ACCEL_INT64, &one, NULL, 0);
    }
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_LOADER); i++)
        put_dict(dict, "loaders", i,
                 accel_loader_state_dict(state_part(f, ACCEL_PREPARABLE_LOADER, i)->handle));
    visit_parameters(f, put_gradient, dict);
    put_local(f, dict);
    return dict;
}

static int64_t number_of(accel_dict *dict, const char *name)
{
    accel_tensor *number = state_get(dict, name, loading);
    return number ? accel_item_integer(number) : -1;
}

accel_status state_process_check(facade *f, accel_dict *dict, bool own)
{
    RETURN_STATUS_IF_FAILED();
    int64_t processes = number_of(dict, "num_processes"), loaders = number_of(dict, "num_loaders"),
            syncs = number_of(dict, "window.syncs");
    size_t wanted = state_part_count(f, ACCEL_PREPARABLE_LOADER);
    if (accel_error_is_set())
        return accel_error_status();
    if (loaders != (int64_t)wanted)
        return accel_error_raise(ACCEL_EMISMATCH, loading, "the state has %lld loaders, and %zu are prepared",
                                 (long long)loaders, wanted);
    if (!own && !syncs)
        return accel_error_raise(
            ACCEL_EMISMATCH, loading,
            "the state was saved by %lld processes in the middle of a step's micro-batches: as "
            "many can go on there, these are %d",
            (long long)processes, f->ranks.world_size);
    if (check_objects(f, dict) != ACCEL_OK)
        return accel_error_status();
    return visit_parameters(f, check_gradient, dict);
}

accel_status state_process_apply(facade *f, accel_dict *dict, bool own)
{
    RETURN_STATUS_IF_FAILED();
    accel_no_grad() {
        gradient_forget_old(f);
        pass_numbers(f, &(numbers){dict, false});
        f->window.inside = false;
        take_loaders(f, dict);
        visit_parameters(f, take_gradient, dict);
        if (own)
            take_local(f, dict);
    }
    return accel_error_status();
}
