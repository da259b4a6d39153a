#include "base/callback.h"

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
    switch (kind) {
    case CALLBACK_FORWARD:
        return "a forward function";
    case CALLBACK_COMM_HOOK:
        return "comm_hook_function";
    case CALLBACK_DATASET:
        return "a function of a dataset or a loader";
    case CALLBACK_TRACKER:
        return "a function of a tracker";
    case CALLBACK_TRACE:
        return "on_trace_ready";
    case CALLBACK_REDUCE:
        return "the function reduce of accelerator_find_executable_batch_size";
    case CALLBACK_RELEASE:
        return "a release function";
    case CALLBACK_LOG:
        return "the function of accel_log_set_callback";
    case CALLBACK_ERROR_HANDLER:
        return "the function of accel_error_set_handler";
    }
    return "a function of the program";
}

bool callback_refuses(unsigned kinds, const void *owner, const char *call)
{
    const callback *c = find(kinds, owner);
    if (c)
        accel_error_raise(ACCEL_EINVAL, call, "called in the middle of %s, which has to return first",
                          name_of(c->kind));
    return c;
}
