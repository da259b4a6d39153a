/* The dtype that forwards compute in. */
#include <accel/training.h>

#include <string.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "base/memory.h"
#include "nn/module.h"
#include "precision/autocast.h"

_Static_assert(sizeof(engine_autocast) <= sizeof(module_passage), "a forward keeps what held before it");

static accel_status before_forward(void *user, module_passage *passage)
{
    prepared_module *m = user;
    engine_autocast before;
    if (m->gradients && gradients_before_forward(m->gradients) != ACCEL_OK)
        return accel_error_status();
    if (m->precision != ACCEL_PRECISION_NO && autocast_enter(m->precision, m->device, &before) == ACCEL_OK)
        memcpy(passage, &before, sizeof before);
    return accel_error_status();
}

static void after_forward(void *user, const module_passage *passage)
{
    const prepared_module *m = user;
    engine_autocast before;
    memcpy(&before, passage, sizeof before);
    if (m->precision != ACCEL_PRECISION_NO)
        autocast_leave(&before);
}

static accel_tensor *tensor_output(void *user, accel_tensor *output)
{
    const prepared_module *m = user;
    return m->precision == ACCEL_PRECISION_NO ? output : autocast_output(output);
}

static accel_dict *dict_output(void *user, accel_dict *outputs)
{
    const prepared_module *m = user;
    return m->precision == ACCEL_PRECISION_NO ? outputs : autocast_outputs(outputs);
}

void module_begin(prepared *item)
{
    const module_hooks hooks = {.before = before_forward,
                                .after = after_forward,
                                .tensor = tensor_output,
                                .dict = dict_output,
                                .user = item->module};
    module_set_hooks(item->handle, &hooks);
}

void module_end(prepared *item)
{
    if (!item->module)
        return;
    module_set_hooks(item->handle, NULL);
    gradients_free(item->module->gradients);
    memory_free(item->module);
    item->module = NULL;
}

/* ---- blocks ---- */

accel_mixed_precision accelerator_mixed_precision(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f ? f->precision : ACCEL_PRECISION_UNSET;
}

accelerator_autocast_block accelerator_autocast_begin(accelerator *acc)
{
    accelerator_autocast_block block = {0};
    engine_autocast before;
    facade *f = accel_error_is_set() ? NULL : facade_of(acc, "accelerator_autocast");
    if (!f || autocast_enter(f->precision, f->device.type, &before) != ACCEL_OK)
        return block;
    return (accelerator_autocast_block){.open = true,
                                        .entered = true,
                                        .enabled = before.enabled,
                                        .dtype = before.dtype,
                                        .cache = before.cache,
                                        .device = before.device};
}

void accelerator_autocast_end(accelerator_autocast_block *block)
{
    if (!block || !block->entered)
        return;
    block->entered = false;
    autocast_leave(&(engine_autocast){
        .enabled = block->enabled, .dtype = block->dtype, .cache = block->cache, .device = block->device});
}
