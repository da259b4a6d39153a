/* Steps that gradients decide about: none while they are added up, none when they are not finite, smaller ones when they
 * are large. */
#include <accel/training.h>

#include <math.h>

#include <accel/autograd.h>
#include <accel/scope.h>

#include "accelerator/gradient.h"
#include "base/error.h"
#include "base/memory.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "optim/scheduler.h"
#include "nn/module.h"
#include "precision/autocast.h"

static const char stepping[] = "accel_optimizer_step";

/* ---- scaled gradients ---- */

/* Whether another optimizer steps the parameter, too, and has unscaled its gradient. */
static bool is_unscaled_by_another(const prepared_optimizer *p, const accel_tensor *parameter)
{
    const facade *f = p->facade;
    for (size_t i = 0; i < f->prepared_count; i++) {
        const prepared_optimizer *other = f->prepared[i].optimizer;
        if (other && other != p && other->unscaled && optimizer_has_parameter(other->optimizer, parameter))
            return true;
    }
    return false;
}

/* Whether an optimizer that was prepared before steps it, too. */
static bool comes_before(const prepared_optimizer *p, const accel_tensor *parameter)
{
    const facade *f = p->facade;
    for (size_t i = 0; i < f->prepared_count && f->prepared[i].optimizer != p; i++)
        if (f->prepared[i].optimizer && optimizer_has_parameter(f->prepared[i].handle, parameter))
            return true;
    return false;
}

/* An optimizer's gradients: those in its own scale, and those that another one has unscaled. The handles belong to the
   innermost scope. */
typedef struct sorted_gradients {
    accel_tensor **own, **unscaled;
    size_t own_count, unscaled_count;
} sorted_gradients;

/* `once`: without those of optimizers that were prepared before. */
static sorted_gradients sort_gradients(const prepared_optimizer *p, bool once)
{
    size_t count = 0;
    accel_tensor **parameters = optimizer_parameters(p->optimizer, &count);
    sorted_gradients sorted = {.own = memory_alloc(count, sizeof *sorted.own),
                               .unscaled = memory_alloc(count, sizeof *sorted.unscaled)};
    for (size_t i = 0; i < count && !accel_error_is_set(); i++) {
        accel_tensor *gradient = once && comes_before(p, parameters[i]) ? NULL : accel_grad(parameters[i]);
        if (!gradient)
            continue;
        if (is_unscaled_by_another(p, parameters[i]))
            sorted.unscaled[sorted.unscaled_count++] = gradient;
        else
            sorted.own[sorted.own_count++] = gradient;
    }
    memory_free(parameters);
    return sorted;
}

static void free_sorted(sorted_gradients *sorted)
{
    memory_free(sorted->own);
    memory_free(sorted->unscaled);
}

/* Once after each backward pass. Source: GradScaler.unscale_, which divides what two optimizers step twice. */
static accel_status unscale(prepared_optimizer *p)
{
    if (p->unscaled || !p->facade->scaler.options.enabled)
        return accel_error_status();
    accel_scoped() {
        bool own = true, others = true;
        sorted_gradients sorted = sort_gradients(p, false);
        if (!accel_error_is_set() && scaler_unscale(p->scale, sorted.own, sorted.own_count, &own) == ACCEL_OK &&
            sorted.unscaled_count > 0)
            scaler_unscale(1, sorted.unscaled, sorted.unscaled_count, &others);
        p->finite = own && others;
        free_sorted(&sorted);
    }
    p->unscaled = !accel_error_is_set();
    p->scale = p->unscaled ? 1 : p->scale;
    return accel_error_status();
}

static accel_status rescale(const prepared_optimizer *p, float scale)
{
    accel_scoped() {
        sorted_gradients sorted = sort_gradients(p, true);
        if (!accel_error_is_set() &&
            gradient_scale(sorted.own, sorted.own_count, (double)scale / (double)p->scale) == ACCEL_OK)
            gradient_scale(sorted.unscaled, sorted.unscaled_count, (double)scale);
        free_sorted(&sorted);
    }
    return accel_error_status();
}

accel_status optimizers_rescale(facade *f, float scale)
{
    bool differs = false;
    for (size_t i = 0; i < f->prepared_count; i++)
        differs = differs || (f->prepared[i].optimizer && f->prepared[i].optimizer->scale != scale);
    for (size_t i = 0; differs && i < f->prepared_count && !accel_error_is_set(); i++)
        if (f->prepared[i].optimizer)
            rescale(f->prepared[i].optimizer, scale);
    for (size_t i = 0; i < f->prepared_count && !accel_error_is_set(); i++)
        if (f->prepared[i].optimizer) {
            f->prepared[i].optimizer->scale = scale;
            f->prepared[i].optimizer->unscaled = false;
        }
    f->loss_scale = accel_error_is_set() ? f->loss_scale : scale;
    return accel_error_status();
}

float optimizers_scale_of(const facade *f, const accel_tensor *parameter)
{
    float scale = 1;
    for (size_t i = 0; i < f->prepared_count; i++) {
        const prepared_optimizer *p = f->prepared[i].optimizer;
        if (!p || !optimizer_has_parameter(p->optimizer, parameter))
            continue;
        if (p->unscaled)
            return 1;
        scale = p->scale;
    }
    return scale;
}

/* ---- optimizers ---- */

static bool step_acts(void *user)
{
    const prepared_optimizer *p = user;
    return p->facade->window.syncs;
}

static bool has_gradient(accel_tensor *parameter)
{
    bool has = false;
    accel_scoped() {
        has = accel_grad(parameter) != NULL;
    }
    return has;
}

/* Whether it steps gradients of the module. */
static bool steps_gradients_of(prepared_optimizer *p, accel_module *module)
{
    accel_dict *parameters = accel_module_parameters(module);
    bool steps = false;
    for (size_t i = 0; i < accel_dict_count(parameters) && !steps; i++) {
        accel_tensor *parameter = accel_dict_tensor(parameters, i);
        steps = optimizer_has_parameter(p->optimizer, parameter) && has_gradient(parameter);
    }
    accel_free(parameters);
    return steps;
}

/* Processes would part. */
static accel_status check_averaged(prepared_optimizer *p)
{
    const facade *f = p->facade;
    for (size_t i = 0; i < f->prepared_count; i++) {
        const gradients *averaged = prepared_gradients(&f->prepared[i]);
        if (averaged && gradients_are_waiting(averaged) && steps_gradients_of(p, f->prepared[i].handle))
            return accel_error_raise(ACCEL_EINVAL, stepping,
                                     "gradients of the step were held back, and no backward pass of its last "
                                     "micro-batch averaged them");
    }
    return accel_error_status();
}

/* The last micro-batch divides by the items of all. */
static accel_status check_divided(prepared_optimizer *p)
{
    const window *w = &p->facade->window;
    size_t count = 0;
    if (!w->counts || w->counted)
        return ACCEL_OK;
    accel_scoped() {
        memory_free(gradient_list_of_optimizer(p->optimizer, &count));
    }
    if (count > 0)
        accel_error_raise(ACCEL_EINVAL, stepping,
                          "the last micro-batch of the step has no loss with num_items, so that gradients were "
                          "not divided by the items of all");
    return accel_error_status();
}

static bool step_fits(void *user)
{
    prepared_optimizer *p = user;
    if (check_averaged(p) != ACCEL_OK || check_divided(p) != ACCEL_OK)
        return false;
    if (p->facade->precision != ACCEL_PRECISION_NO)
        autocast_forget();
    if (p->facade->precision != ACCEL_FP16)
        return true;
    if (unscale(p) != ACCEL_OK)
        return false;
    scaler_note_step(&p->facade->scaler, p->finite);
    p->skipped = !p->finite;
    return p->finite;
}

accel_status optimizer_begin(facade *f, prepared *item)
{
    prepared_optimizer *p = item->optimizer = memory_alloc(1, sizeof *p);
    if (!p)
        return accel_error_status();
    *p = (prepared_optimizer){.facade = f, .optimizer = item->handle, .scale = f->loss_scale, .finite = true};
    optimizer_set_control(item->handle, &(optimizer_control){.acts = step_acts, .fits = step_fits, .user = p});
    return ACCEL_OK;
}

void optimizer_end(prepared *item)
{
    if (item->optimizer)
        optimizer_set_control(item->handle, NULL);
    memory_free(item->optimizer);
    item->optimizer = NULL;
}

bool accelerator_optimizer_step_was_skipped(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    for (size_t i = 0; f && i < f->prepared_count; i++)
        if (f->prepared[i].optimizer && f->prepared[i].optimizer->skipped)
            return true;
    return false;
}

/* ---- schedules ---- */

/* Source: AcceleratedScheduler.step: without its own optimizer among them, all those that are prepared count. */
static bool schedule_acts(accel_optimizer *handle, void *user)
{
    const facade *f = user;
    prepared *own = facade_find_prepared(f, handle);
    bool skipped = own && own->optimizer->skipped;
    for (size_t i = 0; !own && i < f->prepared_count; i++)
        skipped = skipped || (f->prepared[i].optimizer && f->prepared[i].optimizer->skipped);
    return f->window.syncs && !skipped;
}

void scheduler_begin(facade *f, prepared *item)
{
    scheduler_control control = {.stride = 1};
    if (f->options.step_scheduler_with_optimizer)
        control = (scheduler_control){
            .stride = f->options.split_batches ? 1 : f->ranks.world_size, .acts = schedule_acts, .user = f};
    scheduler_set_control(item->handle, &control);
}

/* ---- clipping ---- */

/* Of the optimizers that step one of these parameters. */
static accel_status unscale_for(facade *f, accel_module *model)
{
    if (f->precision != ACCEL_FP16)
        return accel_error_status();
    accel_dict *parameters = accel_module_parameters(model);
    for (size_t i = 0; i < f->prepared_count; i++)
        for (size_t k = 0; f->prepared[i].optimizer && k < accel_dict_count(parameters); k++)
            if (optimizer_has_parameter(f->prepared[i].handle, accel_dict_tensor(parameters, k))) {
                unscale(f->prepared[i].optimizer);
                break;
            }
    accel_free(parameters);
    return accel_error_status();
}

/* Whether there is something to clip: false while gradients are added up, and on failure. */
static bool begin_clip(facade *f, accel_module *model, double limit, const char *what, const char *call)
{
    if (!f || !object_check(model, &module_class, call, "model"))
        return false;
    if (!(limit >= 0)) {
        accel_error_raise(ACCEL_EINVAL, call, "%s must not be negative, got %g", what, limit);
        return false;
    }
    return f->window.syncs && unscale_for(f, model) == ACCEL_OK;
}

double accelerator_clip_grad_norm(accelerator *acc, accel_module *model, double max_norm, double norm_type)
{
    double norm = NAN;
    if (accel_error_is_set() || !begin_clip(facade_of(acc, __func__), model, max_norm, "max_norm", __func__))
        return NAN;
    if (isnan(norm_type)) {
        RAISE(ACCEL_EINVAL, "norm_type is NaN");
        return NAN;
    }
    accel_scoped() {
        size_t count = 0;
        accel_tensor **list = gradient_list_of_module(model, &count);
        if (list)
            norm = clip_norm(list, count, max_norm, norm_type);
        memory_free(list);
    }
    return norm;
}

accel_status accelerator_clip_grad_value(accelerator *acc, accel_module *model, double limit)
{
    RETURN_STATUS_IF_FAILED();
    if (!begin_clip(facade_of(acc, __func__), model, limit, "clip_value", __func__))
        return accel_error_status();
    accel_scoped() {
        size_t count = 0;
        accel_tensor **list = gradient_list_of_module(model, &count);
        if (list)
            clip_value(list, count, limit);
        memory_free(list);
    }
    return accel_error_status();
}
