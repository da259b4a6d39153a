#include "accelerator/state_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <accel/autograd.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "accelerator/gradient.h"
#include "accelerator/state_parts.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/loader.h"
#include "engine/engine.h"
#include "optim/optimizer.h"
#include "tensor/device.h"
#include "tensor/state.h"
#include "tensor/tensor.h"

static const char loading[] = "accelerator_load_state";

enum { NAME_SIZE = 512 };

/* Of what snprintf came to. Returns `name`. */
static const char *check_name(char name[NAME_SIZE], int length)
{
    if (length >= NAME_SIZE)
        accel_error_raise(ACCEL_EUNSUPPORTED, NULL, "the name \"%.60s…\" is too long for a state", name);
    return name;
}

/* "KIND.INDEX.INNER". Returns `name`. */
static const char *name_entry(char name[NAME_SIZE], const char *kind, size_t index, const char *inner)
{
    return check_name(name, snprintf(name, NAME_SIZE, "%s.%zu.%s", kind, index, inner));
}

/* "KIND.NAME". */
static const char *name_of_kind(char full[NAME_SIZE], const char *kind, const char *name)
{
    return check_name(full, snprintf(full, NAME_SIZE, "%s.%s", kind, name));
}

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
    pass_integer(n, name, n->out && l->open ? &l->steps : &l->resumed);
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
        check_name(name, snprintf(name, sizeof name, "%zu.%s", index, accel_dict_name(parameters, i)));
        visit(f, name, accel_dict_tensor(parameters, i), dict);
    }
    accel_free(parameters);
    return accel_error_status();
}

/* The parameters of all modules, in the order of their addresses. */
typedef struct owned {
    accel_tensor **list;
    size_t count;
} owned;

static int compare(const void *a, const void *b)
{
    const accel_tensor *one = *(accel_tensor *const *)a, *other = *(accel_tensor *const *)b;
    return (one > other) - (one < other);
}

static accel_status add_module(owned *o, accel_module *module)
{
    accel_dict *parameters = accel_module_parameters(module);
    size_t count = parameters ? accel_dict_count(parameters) : 0;
    accel_tensor **list = count ? memory_resize(o->list, o->count + count, sizeof *list) : NULL;
    if (list) {
        o->list = list;
        for (size_t i = 0; i < count; i++)
            list[o->count++] = accel_dict_tensor(parameters, i);
    }
    accel_free(parameters);
    return accel_error_status();
}

static owned find_owned(const facade *f)
{
    owned o = {0};
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_MODULE) && !accel_error_is_set(); i++)
        add_module(&o, state_part(f, ACCEL_PREPARABLE_MODULE, i)->handle);
    if (o.count)
        qsort(o.list, o.count, sizeof *o.list, compare);
    return o;
}

static accel_status visit_optimizer(facade *f, size_t index, const owned *o, parameter_visitor *visit,
                                    accel_dict *dict)
{
    size_t count = 0;
    accel_tensor **list =
        optimizer_parameters(state_part(f, ACCEL_PREPARABLE_OPTIMIZER, index)->handle, &count);
    for (size_t i = 0; list && i < count && !accel_error_is_set(); i++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "optimizer_%zu.%zu", index, i);
        if (!o->count || !bsearch(&list[i], o->list, o->count, sizeof *o->list, compare))
            visit(f, name, list[i], dict);
    }
    memory_free(list);
    return accel_error_status();
}

static accel_status visit_parameters(facade *f, parameter_visitor *visit, accel_dict *dict)
{
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_MODULE) && !accel_error_is_set(); i++)
        visit_module(f, i, visit, dict);
    owned o = find_owned(f);
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_OPTIMIZER) && !accel_error_is_set(); i++)
        visit_optimizer(f, i, &o, visit, dict);
    memory_free(o.list);
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
    accel_dict_set(dict, name_of_kind(full, "gradients", name), gradient);
    if (gradient_get_old(f, parameter, &old, &old_scale)) {
        const double scale = (double)old_scale;
        accel_dict_set(dict, name_of_kind(full, "old_gradients", name), old);
        state_set(dict, name_of_kind(full, "old_scales", name), ACCEL_FLOAT64, &scale, NULL, 0);
    }
    return accel_error_status();
}

static accel_tensor *find(accel_dict *dict, const char *kind, const char *name)
{
    char full[NAME_SIZE];
    name_of_kind(full, kind, name);
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
        accel_dict_set(dict, name_entry(name, kind, index, accel_dict_name(inner, i)),
                       accel_dict_tensor(inner, i));
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

static accel_status check_objects(const facade *f, accel_dict *dict)
{
    size_t found = 0;
    for (size_t i = 0; i < accel_dict_count(dict); i++) {
        const char *saved = accel_dict_name(dict, i);
        if (strncmp(saved, "objects.", 8) != 0)
            continue;
        const char *dot = strchr(saved + 8, '.'), *name = dot ? dot + 1 : saved;
        if (found == f->state.object_count)
            return accel_error_raise(ACCEL_EMISMATCH, loading, "\"%s\" was saved, and is not registered", name);
        if (strcmp(name, f->state.objects[found].name) != 0)
            return accel_error_raise(ACCEL_EMISMATCH, loading,
                                     "object %zu was saved as \"%s\", and \"%s\" is registered", found, name,
                                     f->state.objects[found].name);
        found++;
    }
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
        state_set(dict, name_entry(name, "objects", i, f->state.objects[i].name), ACCEL_INT64, &one, NULL, 0);
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

static accel_status check_loaders(facade *f, accel_dict *dict)
{
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_LOADER) && !accel_error_is_set(); i++) {
        accel_dict *state = take_dict(dict, "loaders", i);
        if (state)
            loader_check_state(state_part(f, ACCEL_PREPARABLE_LOADER, i)->handle, state);
        accel_free(state);
    }
    return accel_error_status();
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
    if (check_objects(f, dict) != ACCEL_OK || check_loaders(f, dict) != ACCEL_OK)
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
