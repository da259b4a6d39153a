/* Which process gives what to the trackers. */
#include <accel/tracker.h>

#include <string.h>

#include <accel/options.h>

#include "accelerator/facade.h"
#include "base/callback.h"
#include "base/error.h"
#include "base/memory.h"
#include "track/values.h"

/* Under the macros of these names are functions. */
#undef accelerator_init_trackers

/* ---- life ---- */

accel_status facade_make_trackers(facade *f)
{
    static const char call[] = "accelerator_create";
    accelerator_options *o = &f->options;
    if (o->project_dir && !*o->project_dir)
        return accel_error_raise(ACCEL_EINVAL, call, "project_dir is empty");
    if (o->project_dir && !(f->project_dir = memory_copy_string(o->project_dir)))
        return accel_error_status();
    f->trackers.is_main = f->ranks.rank == 0;
    trackers_init(&f->trackers, o->log_with, o->logging_dir ? o->logging_dir : o->project_dir, call);
    o->log_with = o->project_dir = o->logging_dir = NULL; /* they were borrowed */
    return accel_error_status();
}

const char *accelerator_project_dir(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f ? f->project_dir : NULL;
}

const char *accelerator_logging_dir(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f ? f->trackers.logging_dir : NULL;
}

/* The accelerator, while none of its trackers is called; NULL with the reason recorded. */
static facade *facade_to_track(accelerator *acc, const char *call)
{
    facade *f = facade_of_own(acc, call);
    return f && !callback_refuses(CALLBACK_TRACKER, &f->trackers, call) ? f : NULL;
}

/* The same, while no run is under way. */
static facade *facade_between_runs(accelerator *acc, const char *call)
{
    facade *f = facade_to_track(acc, call);
    if (!f || !f->trackers.started)
        return f;
    accel_error_raise(ACCEL_EINVAL, call, "a run is under way, which accelerator_end_training ends");
    return NULL;
}

accel_status accelerator_add_tracker(accelerator *acc, const accel_tracker_callbacks *callbacks)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_between_runs(acc, __func__);
    return f ? trackers_add(&f->trackers, callbacks, __func__) : accel_error_status();
}

/* ---- a run ---- */

/* Whether a path leads out of the folder that it is to be in. */
static bool leads_out(const char *path)
{
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    }
    return *path == '/';
}

accel_status accelerator_init_trackers(accelerator *acc, const char *run_name, const accel_log_value *values,
                                       size_t count)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_between_runs(acc, __func__);
    if (!f || values_check(__func__, values, count) != ACCEL_OK)
        return accel_error_status();
    if (!run_name || !*run_name)
        return RAISE(ACCEL_EINVAL, "run_name is %s", run_name ? "empty" : "NULL");
    if (leads_out(run_name))
        return RAISE(ACCEL_EINVAL, "run_name \"%s\" is no path below logging_dir", run_name);
    return trackers_start(&f->trackers, run_name, values, count);
}

accelerator_log_options accelerator_log_options_default(void)
{
    return (accelerator_log_options){ACCELERATOR_LOG_DEFAULTS()};
}

static accel_status check_log(const facade *f, const accel_log_value *values, size_t count, int64_t step)
{
    static const char call[] = "accelerator_log";
    if (values_check(call, values, count) != ACCEL_OK)
        return accel_error_status();
    if (values_find(values, count, "step"))
        return accel_error_raise(ACCEL_EINVAL, call, "a value is called \"step\", which is the option .step");
    if (step < -1)
        return accel_error_raise(ACCEL_EINVAL, call, "step must be -1 (none) or more, got %lld",
                                 (long long)step);
    if (f->trackers.count > 0 && !f->trackers.started)
        return accel_error_raise(ACCEL_EINVAL, call,
                                 "no run is under way: accelerator_init_trackers begins one");
    return ACCEL_OK;
}

accel_status accelerator_log_with(accelerator *acc, const accel_log_value *values, size_t count,
                                  const accelerator_log_options *options)
{
    RETURN_STATUS_IF_FAILED();
    accelerator_log_options o = accelerator_log_options_default();
    facade *f = facade_to_track(acc, __func__);
    if (!f || accel_options_read("accelerator_log", &o, sizeof o, options) != ACCEL_OK ||
        check_log(f, values, count, o.step) != ACCEL_OK)
        return accel_error_status();
    return trackers_log(&f->trackers, values, count, o.step);
}

accel_status accelerator_end_training(accelerator *acc)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_to_track(acc, __func__);
    return f ? trackers_finish(&f->trackers) : accel_error_status();
}
