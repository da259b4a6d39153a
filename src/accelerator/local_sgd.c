#include <accel/local_sgd.h>

#include <stdio.h>

#include <accel/options.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "comm/mean.h"
#include "precision/autocast.h"

static const char beginning[] = "accelerator_local_sgd", stepping[] = "accelerator_local_sgd_step";

accelerator_local_sgd_options accelerator_local_sgd_options_default(void)
{
    return (accelerator_local_sgd_options){ACCELERATOR_LOCAL_SGD_DEFAULTS()};
}

static accel_status check(const facade *f, const prepared *p, const accelerator_local_sgd_options *o)
{
    if (o->enabled && group_joins(f->group))
        return accel_error_raise(ACCEL_EINVAL, beginning,
                                 "no means are taken in accelerator_join_uneven_inputs");
    if (p->kind == ACCEL_PREPARABLE_EVALUATED_MODULE)
        return accel_error_raise(ACCEL_EINVAL, beginning, "model was prepared to be evaluated");
    if (p->module->local.open)
        return accel_error_raise(ACCEL_EINVAL, beginning, "model is in such a block already");
    if (o->enabled && o->local_sgd_steps < 1)
        return accel_error_raise(ACCEL_EINVAL, beginning, "local_sgd_steps must be above 0, got %lld",
                                 (long long)o->local_sgd_steps);
    return ACCEL_OK;
}

accelerator_local_sgd_block accelerator_local_sgd_begin_with(accelerator *acc, accel_module *model,
                                                             const accelerator_local_sgd_options *options)
{
    accelerator_local_sgd_block b = {.acc = acc};
    accelerator_local_sgd_options o = accelerator_local_sgd_options_default();
    facade *f = accel_error_is_set() ? NULL : facade_of(acc, beginning);
    if (!f || accel_options_read(beginning, &o, sizeof o, options) != ACCEL_OK)
        return b;
    prepared *p = facade_find_module(f, model, beginning);
    if (!p || check(f, p, &o) != ACCEL_OK)
        return b;
    bool alone = !p->module->gradients;
    p->module->local = (local_sgd){
        .open = true, .period = o.enabled && !alone ? o.local_sgd_steps : 0, .steps = p->module->local.resumed};
    if (p->module->local.period > 0)
        gradients_hold(p->module->gradients);
    b.model = model;
    b.open = true;
    return b;
}

/* Means of what has made other numbers of steps belong to no moment: the number is compared, and whether the block ends. What
   autocast has kept of the parameters is not theirs any more. */
static accel_status average(facade *f, accel_module *model, int64_t steps, const char *call, const char *suffix)
{
    char moment[32];
    accel_dict *parameters = NULL;
    snprintf(moment, sizeof moment, "%lld%s", (long long)steps, suffix);
    if (!accel_error_is_set() && facade_check_gradients(f, call) == ACCEL_OK)
        parameters = accel_module_parameters(model);
    mean_take(f->group, call, parameters, moment);
    accel_free(parameters);
    if (f->precision != ACCEL_PRECISION_NO)
        autocast_forget();
    return accel_error_status();
}

accel_status accelerator_local_sgd_step(accelerator *acc, accel_module *model)
{
    facade *f = facade_of(acc, stepping);
    prepared *p = f ? facade_find_module(f, model, stepping) : NULL;
    if (!p)
        return accel_error_status();
    local_sgd *l = &p->module->local;
    if (!l->open)
        return accel_error_raise(ACCEL_EINVAL, stepping, "model is in no block of accelerator_local_sgd");
    l->steps++;
    if (l->period == 0 || l->steps % l->period != 0)
        return accel_error_status();
    return average(f, model, l->steps, stepping, "");
}

/* The accelerator may have finished inside the block, or forgotten the model. */
void accelerator_local_sgd_end(accelerator_local_sgd_block *block)
{
    facade *f = block && block->model ? facade_if_live(block->acc) : NULL;
    prepared *p = f ? facade_find_prepared(f, block->model) : NULL;
    if (p && p->module->local.period > 0) {
        average(f, block->model, p->module->local.steps, beginning, ", the end");
        gradients_release(p->module->gradients);
    }
    if (p)
        p->module->local = (local_sgd){0};
    if (block)
        block->model = NULL;
}
