#include "base/callback.h"

#include <stddef.h>

#include "base/error.h"

static _Thread_local const callback *innermost;

void callback_begin(callback *c, callback_kind kind, const void *owner)
{
    *c = (callback){.kind = kind, .owner = owner, .outer = innermost};
    innermost = c;
}

void callback_end(const callback *c) { innermost = c->outer; }

void callback_forget(void) { innermost = NULL; }

static const callback *find(unsigned kinds, const void *owner)
{
    const callback *c = innermost;
    while (c && !(c->kind & kinds && (!owner || c->owner == owner)))
        c = c->outer;
    return c;
}

bool callback_runs(unsigned kinds, const void *owner) { return find(kinds, owner); }

static const char *name_of(callback_kind kind)
{
    static const struct {
        callback_kind kind;
        const char *name;
    } names[] = {
        {CALLBACK_FORWARD, "a forward function"},
        {CALLBACK_COMM_HOOK, "comm_hook_function"},
        {CALLBACK_DATASET, "a function of a dataset"},
        {CALLBACK_BATCHES, "the function batches of a loader"},
        {CALLBACK_TRACKER, "a function of a tracker"},
        {CALLBACK_TRACE, "on_trace_ready"},
        {CALLBACK_REDUCE, "the function reduce of accelerator_find_executable_batch_size"},
        {CALLBACK_RELEASE, "a release function"},
        {CALLBACK_LOG, "the function of accel_log_set_callback"},
        {CALLBACK_ERROR_HANDLER, "the function of accel_error_set_handler"},
        {CALLBACK_STATE, "a function of a state that is saved or loaded"},
    };
    size_t i = 0;
    while (names[i].kind != kind)
        i++;
    return names[i].name;
}

bool callback_refuses(unsigned kinds, const void *owner, const char *call)
{
    const callback *c = find(kinds, owner);
    if (c)
        accel_error_raise(ACCEL_EINVAL, call, "called in the middle of %s, which has to return first",
                          name_of(c->kind));
    return c;
}
