#include <stdio.h>

#include <accel/options.h>
#include <accel/random.h>

#include "accelerator/facade.h"
#include "base/buffer.h"
#include "base/callback.h"
#include "base/error.h"
#include "base/memory.h"
#include "comm/agreement.h"
#include "data/loader.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "optim/scheduler.h"

static const char preparing[] = "accelerator_prepare";

/* ---- what is given ---- */

static const object_class *class_of(accel_preparable_kind kind)
{
    static const object_class *const classes[] = {
        [ACCEL_PREPARABLE_MODULE] = &module_class,           [ACCEL_PREPARABLE_OPTIMIZER] = &optimizer_class,
        [ACCEL_PREPARABLE_SCHEDULER] = &scheduler_class,     [ACCEL_PREPARABLE_LOADER] = &loader_class,
        [ACCEL_PREPARABLE_EVALUATED_MODULE] = &module_class,
    };
    return (size_t)kind < sizeof classes / sizeof classes[0] ? classes[kind] : NULL;
}

prepared *facade_find_prepared(const facade *f, const void *handle)
{
    for (size_t i = 0; i < f->prepared_count; i++)
        if (f->prepared[i].handle == handle)
            return &f->prepared[i];
    return NULL;
}

prepared *facade_find_module(const facade *f, accel_module *module, const char *call)
{
    if (!object_check(module, &module_class, call, "model"))
        return NULL;
    prepared *p = facade_find_prepared(f, module);
    if (!p)
        accel_error_raise(ACCEL_EINVAL, call, "model is not prepared");
    return p;
}

static bool is_module(accel_preparable_kind kind)
{
    return kind == ACCEL_PREPARABLE_MODULE || kind == ACCEL_PREPARABLE_EVALUATED_MODULE;
}

static accel_status check_item(const facade *f, const accel_preparable *items, size_t index)
{
    const accel_preparable *item = &items[index];
    const object_class *class = class_of(item->kind);
    char what[32];
    snprintf(what, sizeof what, "argument %zu", index + 1);
    if (!class)
        return accel_error_raise(ACCEL_EINVAL, preparing, "%s is of unknown kind %d", what, (int)item->kind);
    if (!object_check(item->handle, class, preparing, what))
        return accel_error_status();
    bool twice =
        facade_find_prepared(f, item->handle) || (is_module(item->kind) && module_has_hooks(item->handle));
    for (size_t k = 0; k < index; k++)
        twice = twice || items[k].handle == item->handle;
    if (twice)
        return accel_error_raise(ACCEL_EINVAL, preparing, "%s, %s %s, is prepared already", what,
                                 object_article(class), class->name);
    return item->kind == ACCEL_PREPARABLE_LOADER ? loader_check(f, item->handle) : ACCEL_OK;
}

static accel_status check_items(const facade *f, const accel_preparable *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (check_item(f, items, i) != ACCEL_OK)
            break;
    return accel_error_status();
}

/* ---- what all processes agree on ---- */

static void describe_item(buffer *text, const accel_preparable *item)
{
    const object_class *class = class_of(item->kind);
    if (item->kind == ACCEL_PREPARABLE_LOADER)
        loader_describe(item->handle, text);
    else if (item->kind == ACCEL_PREPARABLE_OPTIMIZER)
        optimizer_describe(item->handle, text);
    else if (item->kind == ACCEL_PREPARABLE_SCHEDULER)
        scheduler_describe(item->handle, text);
    else
        buffer_printf(text, "%s %s%s", object_article(class), class->name,
                      item->kind == ACCEL_PREPARABLE_EVALUATED_MODULE ? " to evaluate" : "");
}

/* An option a line, so that a difference shows that option alone. */
static void describe_options(const facade *f, buffer *text)
{
    const accelerator_options *o = &f->options;
    buffer_printf(text, "device type %s\ndevice_placement %d\n", f->device.type == ACCEL_CPU ? "cpu" : "cuda",
                  o->device_placement);
    buffer_printf(text, "split_batches %d\neven_batches %d\ndispatch_batches %d\ndata_seed %lld\n",
                  o->split_batches, o->even_batches, o->dispatch_batches, (long long)o->data_seed);
    buffer_printf(text, "gradient_accumulation_steps %lld\nsync_with_dataloader %d\nsync_each_batch %d\n",
                  (long long)o->gradient_accumulation_steps, o->sync_with_dataloader, o->sync_each_batch);
    buffer_printf(text, "step_scheduler_with_optimizer %d\nmixed_precision %s\n",
                  o->step_scheduler_with_optimizer, accel_mixed_precision_name(f->precision));
    if (f->precision == ACCEL_FP16)
        scaler_describe(&f->scaler, text);
    data_parallel_describe(&f->data_parallel, text);
}

static void describe(const facade *f, buffer *text, const accel_preparable *items, size_t count)
{
    buffer_printf(text, "%zu argument%s\n", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++) {
        describe_item(text, &items[i]);
        buffer_printf(text, " as argument %zu\n", i + 1);
    }
    describe_options(f, text);
}

/* The seed of orders that nobody chose: that of process 0's default generator. */
static accel_status agree_on_seed(facade *f, int64_t *seed)
{
    *seed = f->options.data_seed >= 0 ? f->options.data_seed : (int64_t)accel_generator_initial_seed(NULL);
    return agreement_share(f->group, preparing, seed);
}

static accel_status agree_on_items(facade *f, const accel_preparable *items, size_t count)
{
    buffer text = {0};
    describe(f, &text, items, count);
    agreement_check(f->group, preparing, "what is prepared", text.data ? text.data : "");
    buffer_dispose(&text);
    return accel_error_status();
}

/* Two modules that share a parameter would each average its gradient. */
static accel_status check_apart(accel_module *module, accel_module *other)
{
    accel_dict *own = accel_module_parameters(module), *others = accel_module_parameters(other);
    for (size_t i = 0; i < accel_dict_count(own); i++)
        for (size_t k = 0; k < accel_dict_count(others); k++)
            if (accel_dict_tensor(own, i) == accel_dict_tensor(others, k))
                accel_error_raise(ACCEL_EINVAL, preparing,
                                  "parameter \"%s\" belongs to two modules that are prepared",
                                  accel_dict_name(own, i));
    accel_free(own);
    accel_free(others);
    return accel_error_status();
}

static accel_status check_modules_apart(const facade *f, const accel_preparable *items, size_t count)
{
    for (size_t i = 0; i < count && f->group; i++) {
        if (items[i].kind != ACCEL_PREPARABLE_MODULE)
            continue;
        for (size_t k = 0; k < i; k++)
            if (items[k].kind == ACCEL_PREPARABLE_MODULE)
                check_apart(items[i].handle, items[k].handle);
        for (size_t k = 0; k < f->prepared_count; k++)
            if (f->prepared[k].kind == ACCEL_PREPARABLE_MODULE)
                check_apart(items[i].handle, f->prepared[k].handle);
    }
    return accel_error_status();
}

/* Where its forwards run: where it is, which without placement is the program's choice. */
static accel_device_type device_of_module(const facade *f, accel_module *module)
{
    accel_dict *parameters = accel_module_parameters(module);
    accel_tensor *first = accel_dict_tensor(parameters, 0);
    accel_device_type type = first ? accel_tensor_device(first).type : f->device.type;
    accel_free(parameters);
    return type;
}

static accel_status move_module(prepared *item, accel_device device)
{
    item->before = placement_of(item->handle);
    return item->before ? accel_module_to_device(item->handle, device) : accel_error_status();
}

static accel_status start_module(facade *f, prepared *item)
{
    item->module = memory_alloc(1, sizeof *item->module);
    if (!item->module)
        return accel_error_status();
    item->module->number = f->modules++;
    item->module->precision = f->precision;
    if (f->options.device_placement && move_module(item, f->device) != ACCEL_OK)
        return accel_error_status();
    item->module->device = device_of_module(f, item->handle);
    if (!f->group || item->kind == ACCEL_PREPARABLE_EVALUATED_MODULE)
        return ACCEL_OK;
    accel_dict *parameters = accel_module_parameters(item->handle),
               *buffers = accel_module_buffers(item->handle);
    item->module->gradients = gradients_create(f->group, parameters, buffers, &f->data_parallel);
    accel_free(parameters);
    accel_free(buffers);
    return accel_error_status();
}

/* ---- all or nothing ---- */

static void end_items(prepared *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        module_end(&list[i]);
        optimizer_end(&list[i]);
        loader_end(&list[i]);
        if (list[i].kind == ACCEL_PREPARABLE_SCHEDULER)
            scheduler_set_control(list[i].handle, NULL);
    }
}

/* The last one first: a tensor that two modules share was moved with the first. */
static void put_back(prepared *list, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        if (list[i].before)
            placement_restore(list[i].before);
        placement_free(list[i].before);
    }
}

/* The part that can fail for reasons of the items themselves, or for want of memory. What stays for the whole of the
   training is made here, before what comes and goes. */
static accel_status start_items(facade *f, prepared *list, size_t count)
{
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        if (is_module(list[i].kind))
            start_module(f, &list[i]);
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        if (list[i].kind == ACCEL_PREPARABLE_LOADER)
            loader_share(f, &list[i]);
    for (size_t i = 0; i < f->prepared_count && !accel_error_is_set(); i++)
        if (f->prepared[i].kind == ACCEL_PREPARABLE_OPTIMIZER)
            optimizer_start(f->prepared[i].handle); /* whose parameters may have moved */
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        if (list[i].kind == ACCEL_PREPARABLE_OPTIMIZER && optimizer_start(list[i].handle) == ACCEL_OK)
            optimizer_begin(f, &list[i]);
    if (accel_error_is_set()) {
        end_items(list, count);
        put_back(list, count);
    }
    return accel_error_status();
}

/* Cannot fail: everything was checked. */
static void commit_item(facade *f, prepared *item, int64_t seed)
{
    object_retain(item->handle);
    if (item->kind == ACCEL_PREPARABLE_SCHEDULER) {
        scheduler_begin(f, item);
    } else if (item->kind == ACCEL_PREPARABLE_LOADER) {
        loader_begin(f, item, seed);
    } else if (is_module(item->kind)) {
        placement_free(item->before);
        item->before = NULL;
        module_begin(item);
    }
}

static accel_status prepare(facade *f, const accel_preparable *items, size_t count)
{
    int64_t seed = 0;
    if (agree_on_items(f, items, count) != ACCEL_OK || agree_on_seed(f, &seed) != ACCEL_OK)
        return accel_error_status();
    prepared *list = memory_resize(f->prepared, f->prepared_count + count, sizeof *list);
    if (!list)
        return accel_error_status();
    f->prepared = list;
    list += f->prepared_count;
    for (size_t i = 0; i < count; i++)
        list[i] = (prepared){.kind = items[i].kind, .handle = items[i].handle};
    if (start_items(f, list, count) != ACCEL_OK)
        return accel_error_status();
    for (size_t i = 0; i < count; i++)
        commit_item(f, &list[i], seed);
    f->prepared_count += count;
    return ACCEL_OK;
}

/* What is wrong with this process's items is every process's failure, and the call's alone. */
accel_status accelerator_prepare_items(accelerator *acc, const accel_preparable *items, size_t count)
{
    facade *f = facade_of(acc, preparing);
    if (!f || !group_begin(f->group, preparing))
        return accel_error_status();
    if (!items && count > 0)
        accel_error_raise(ACCEL_EINVAL, preparing, "items is NULL");
    else if (group_joins(f->group))
        accel_error_raise(ACCEL_EINVAL, preparing, "nothing can be prepared in accelerator_join_uneven_inputs");
    else if (!callback_refuses(CALLBACK_ON_PREPARED, NULL, preparing) &&
             check_items(f, items, count) == ACCEL_OK)
        check_modules_apart(f, items, count);
    prepare(f, items, accel_error_is_set() ? 0 : count);
    return group_end(f->group);
}

accelerator_prepare_model_options accelerator_prepare_model_options_default(void)
{
    return (accelerator_prepare_model_options){ACCELERATOR_PREPARE_MODEL_DEFAULTS()};
}

accel_status accelerator_prepare_model_with(accelerator *acc, accel_module *model,
                                            const accelerator_prepare_model_options *options)
{
    accelerator_prepare_model_options o = accelerator_prepare_model_options_default();
    accel_options_read("accelerator_prepare_model", &o, sizeof o, options);
    accel_preparable item = accel_preparable_of_module(model);
    item.kind = o.evaluation_mode ? ACCEL_PREPARABLE_EVALUATED_MODULE : ACCEL_PREPARABLE_MODULE;
    return accelerator_prepare_items(acc, &item, 1);
}

/* ---- looking back ---- */

accel_module *accelerator_unwrap_model(accelerator *acc, accel_module *model)
{
    RETURN_NULL_IF_FAILED();
    if (!facade_of(acc, __func__) || !object_check(model, &module_class, __func__, "model"))
        return NULL;
    return model;
}

accel_dict *accelerator_get_state_dict(accelerator *acc, accel_module *model)
{
    RETURN_NULL_IF_FAILED();
    if (!facade_of(acc, __func__) || !object_check(model, &module_class, __func__, "model"))
        return NULL;
    return accel_state_dict(model);
}

group *facade_gradients_group(const facade *f)
{
    for (size_t i = 0; i < f->prepared_count; i++)
        if (prepared_gradients(&f->prepared[i]))
            return f->group;
    return NULL;
}

accel_status facade_check_gradients(facade *f, const char *call)
{
    for (size_t i = 0; i < f->prepared_count && !accel_error_is_set(); i++)
        if (prepared_gradients(&f->prepared[i]))
            gradients_check(prepared_gradients(&f->prepared[i]), call);
    return accel_error_status();
}

void facade_set_loss(facade *f, accel_tensor *loss)
{
    for (size_t i = 0; i < f->prepared_count; i++)
        if (prepared_gradients(&f->prepared[i]))
            gradients_set_loss(prepared_gradients(&f->prepared[i]), loss);
}

void facade_release_prepared(facade *f, size_t except)
{
    if (except >= f->prepared_count)
        return;
    end_items(f->prepared + except, f->prepared_count - except);
    for (size_t i = except; i < f->prepared_count; i++)
        object_release(f->prepared[i].handle);
    f->prepared_count = except;
    f->prepared_least = except < f->prepared_least ? except : f->prepared_least;
}
