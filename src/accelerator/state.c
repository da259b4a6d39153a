/* What the program registers to be part of a state. */
#include "accelerator/state.h"

#include <string.h>

#include "accelerator/facade.h"
#include "accelerator/state_save.h"
#include "base/callback.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/quote.h"

facade *training_state_facade(facade *f, const char *call)
{
    return f && !callback_refuses(CALLBACK_STATE, &f->state, call) ? f : NULL;
}

accel_status accelerator_register_for_checkpointing(accelerator *acc, const accel_checkpointable *c)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = training_state_facade(facade_of_own(acc, __func__), __func__);
    if (!f)
        return accel_error_status();
    if (!c || !c->name || !*c->name || !c->state_dict || !c->load_state_dict)
        return RAISE(ACCEL_EINVAL, "%s",
                     !c ? "checkpointable is NULL" : "name, state_dict and load_state_dict are needed");
    if (!quote_is_utf8(c->name))
        return RAISE(ACCEL_EINVAL, "name is not UTF-8");
    if (strlen(c->name) > STATE_OBJECT_NAME_MAX)
        return RAISE(ACCEL_EINVAL, "name has more than %d bytes", STATE_OBJECT_NAME_MAX);
    training_state *s = &f->state;
    for (size_t i = 0; i < s->object_count; i++)
        if (strcmp(s->objects[i].name, c->name) == 0)
            return RAISE(ACCEL_EINVAL, "\"%s\" is registered already", c->name);
    accel_checkpointable *objects = memory_resize(s->objects, s->object_count + 1, sizeof *objects);
    char *name = objects ? memory_copy_string(c->name) : NULL;
    s->objects = objects ? objects : s->objects;
    if (!name)
        return accel_error_status();
    objects[s->object_count] = *c;
    objects[s->object_count++].name = name;
    return ACCEL_OK;
}

static accel_status add_hook(accelerator *acc, const char *call, state_hook hook)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = training_state_facade(facade_of_own(acc, call), call);
    if (!f)
        return accel_error_status();
    if (!hook.function)
        return accel_error_raise(ACCEL_EINVAL, call, "hook is NULL");
    state_hook *hooks = memory_resize(f->state.hooks, f->state.hook_count + 1, sizeof *hooks);
    if (!hooks)
        return accel_error_status();
    f->state.hooks = hooks;
    hooks[f->state.hook_count++] = hook;
    return ACCEL_OK;
}

accel_status accelerator_register_save_state_pre_hook(accelerator *acc, accelerator_state_hook *hook,
                                                      void *user)
{
    return add_hook(acc, __func__, (state_hook){hook, user, false});
}

accel_status accelerator_register_load_state_pre_hook(accelerator *acc, accelerator_state_hook *hook,
                                                      void *user)
{
    return add_hook(acc, __func__, (state_hook){hook, user, true});
}

bool training_state_leads(const facade *f)
{
    return f->options.save_on_each_node ? f->ranks.local_rank == 0 : f->ranks.rank == 0;
}

accel_status training_state_run_hooks(training_state *s, accelerator *acc, bool loads, const char *folder)
{
    for (size_t i = 0; i < s->hook_count && !accel_error_is_set(); i++) {
        callback running;
        if (s->hooks[i].loads != loads)
            continue;
        callback_begin(&running, CALLBACK_STATE, s);
        accel_status status = s->hooks[i].function(s->hooks[i].user, acc, folder);
        callback_end(&running);
        if (status != ACCEL_OK && !accel_error_is_set())
            accel_error_raise(status, loads ? "accelerator_load_state" : "accelerator_save_state",
                              "a hook came back with this and recorded nothing");
    }
    return accel_error_status();
}

void training_state_dispose(training_state *s)
{
    if (s->saves && accel_error_is_set())
        state_save_hurry(s->saves);
    accel_try(unused) {
        (void)unused;
        training_state_settle(s);
    }
    for (size_t i = 0; i < s->object_count; i++)
        memory_free((char *)s->objects[i].name);
    memory_free(s->objects);
    memory_free(s->hooks);
    object_release(s->python);
    *s = (training_state){0};
}

accel_status training_state_settle(training_state *s)
{
    state_save *save = s->saves;
    s->saves = NULL;
    return state_save_finish(save);
}

accel_status accelerator_wait_for_save_state(accelerator *acc)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = training_state_facade(facade_of_own(acc, __func__), __func__);
    if (!f)
        return accel_error_status();
    training_state_settle(&f->state);
    return facade_share_error(f, __func__);
}

int64_t accelerator_save_iteration(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f ? f->state.iteration : -1;
}
