#include "accelerator/gradient.h"

#include <accel/autograd.h>
#include <accel/op.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "tensor/dict.h"
#include "tensor/op.h"

static accel_tensor **parameters_of_module(accel_module *module, size_t *count)
{
    accel_dict *dict = accel_module_parameters(module);
    accel_tensor **parameters = dict ? dict_tensors(dict, count) : NULL;
    accel_free(dict);
    return parameters;
}

/* In place of the parameters. */
static accel_tensor **take_gradients(accel_tensor **parameters, size_t *count)
{
    size_t found = 0;
    for (size_t i = 0; parameters && i < *count; i++) {
        accel_tensor *gradient = accel_grad(parameters[i]);
        if (gradient)
            parameters[found++] = gradient;
    }
    *count = found;
    return parameters;
}

accel_tensor **gradient_list_of_module(accel_module *module, size_t *count)
{
    return take_gradients(parameters_of_module(module, count), count);
}

accel_tensor **gradient_list_of_optimizer(accel_optimizer *handle, size_t *count)
{
    return take_gradients(optimizer_parameters(handle, count), count);
}

static bool has(accel_tensor *const *list, size_t count, const accel_tensor *tensor)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == tensor)
            return true;
    return false;
}

typedef struct parameters {
    accel_tensor **list;
    size_t count;
} parameters;

/* Takes `more`. */
static void append(parameters *all, accel_tensor **more, size_t count)
{
    accel_tensor **list = more ? memory_resize(all->list, all->count + count, sizeof *list) : NULL;
    size_t before = all->count;
    all->list = list ? list : all->list;
    for (size_t i = 0; list && i < count; i++)
        if (!has(list, before, more[i]))
            list[all->count++] = more[i];
    memory_free(more);
}

static parameters list_all(const facade *f)
{
    parameters all = {0};
    for (size_t i = 0; i < f->prepared_count && !accel_error_is_set(); i++) {
        const prepared *p = &f->prepared[i];
        accel_tensor **more = NULL;
        size_t count = 0;
        if (p->kind == ACCEL_PREPARABLE_MODULE)
            more = parameters_of_module(p->handle, &count);
        else if (p->kind == ACCEL_PREPARABLE_OPTIMIZER)
            more = optimizer_parameters(p->handle, &count);
        append(&all, more, count);
    }
    return all;
}

accel_status gradient_scale(accel_tensor *const *tensors, size_t count, double factor)
{
    accel_no_grad() {
        if (count > 0 && factor != 1)
            accel_op_into(NULL, 0, "aten::_foreach_mul_.Scalar", op_tensors(tensors, count), factor);
    }
    return accel_error_status();
}

/* ---- what was there before a window ---- */

struct old_gradient {
    accel_tensor *parameter, *gradient, *copy; /* retained; the gradient is the one that is added to */
    float scale;                               /* that it had then */
};

static void note(facade *f, accel_tensor *parameter)
{
    old_gradient *old = &f->old[f->old_count];
    accel_tensor *gradient = accel_grad(parameter), *copy = gradient ? accel_clone(gradient) : NULL;
    if (!copy)
        return;
    *old = (old_gradient){.parameter = object_retain(parameter),
                          .gradient = object_retain(gradient),
                          .copy = object_retain(copy),
                          .scale = optimizers_scale_of(f, parameter)};
    f->old_count++;
}

void gradient_note_old(facade *f)
{
    gradient_forget_old(f);
    parameters all = list_all(f);
    f->old = accel_error_is_set() ? NULL : memory_alloc(all.count, sizeof *f->old);
    accel_scoped() {
        accel_no_grad() {
            for (size_t i = 0; f->old && i < all.count && !accel_error_is_set(); i++)
                note(f, all.list[i]);
        }
    }
    memory_free(all.list);
}

void gradient_forget_old(facade *f)
{
    for (size_t i = 0; i < f->old_count; i++) {
        object_release(f->old[i].parameter);
        object_release(f->old[i].gradient);
        object_release(f->old[i].copy);
    }
    memory_free(f->old);
    f->old = NULL;
    f->old_count = 0;
}

static bool is_current(const old_gradient *old)
{
    accel_tensor *gradient = accel_grad(old->parameter);
    return gradient && engine_tensor_data(gradient) == engine_tensor_data(old->gradient);
}

bool gradient_get_old(const facade *f, accel_tensor *parameter, accel_tensor **copy, float *scale)
{
    for (size_t i = 0; i < f->old_count; i++) {
        const old_gradient *old = &f->old[i];
        if (old->parameter != parameter || !is_current(old))
            continue;
        *copy = old->copy;
        *scale = old->scale;
        return true;
    }
    return false;
}

accel_status gradient_put_old(facade *f, accel_tensor *parameter, accel_tensor *copy, float scale)
{
    RETURN_STATUS_IF_FAILED();
    old_gradient *list = memory_resize(f->old, f->old_count + 1, sizeof *list);
    if (!list)
        return accel_error_status();
    f->old = list;
    list[f->old_count++] = (old_gradient){.parameter = object_retain(parameter),
                                          .gradient = object_retain(accel_grad(parameter)),
                                          .copy = object_retain(copy),
                                          .scale = scale};
    return ACCEL_OK;
}

/* Adds it, so many times, where it is still part of the gradient: the program may have dropped that. */
static accel_status add_old(const facade *f, double times)
{
    for (size_t i = 0; i < f->old_count && !accel_error_is_set(); i++) {
        const old_gradient *old = &f->old[i];
        if (!is_current(old))
            continue;
        accel_tensor *gradient = accel_grad(old->parameter);
        double scale = (double)optimizers_scale_of(f, old->parameter) / (double)old->scale;
        accel_add_in_place(gradient, accel_mul_scalar(old->copy, times * scale));
    }
    return accel_error_status();
}

accel_status gradient_scale_window(const facade *f, double factor)
{
    parameters all = list_all(f);
    accel_scoped() {
        accel_no_grad() {
            all.list = take_gradients(all.list, &all.count);
            if (add_old(f, -1) == ACCEL_OK && gradient_scale(all.list, all.count, factor) == ACCEL_OK)
                add_old(f, 1);
        }
    }
    memory_free(all.list);
    return accel_error_status();
}
