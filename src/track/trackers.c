#include "track/trackers.h"

#include <string.h>

#include "base/callback.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "track/builtin.h"

/* ---- those that are built in ---- */

typedef accel_tracker_callbacks maker(const char *logging_dir);

static const struct {
    const char *name;
    maker *make;
} builtin[] = {
    {"tensorboard", tensorboard_tracker},
    {"jsonl", jsonl_tracker},
    {"csv", csv_tracker},
};
enum { BUILTIN_COUNT = sizeof builtin / sizeof builtin[0] };

char *run_folder(const char *logging_dir, const char *run_name)
{
    char *folder = file_join(logging_dir, run_name);
    if (folder && file_make_directories(folder) == ACCEL_OK)
        return folder;
    memory_free(folder);
    return NULL;
}

static tracker *find(const trackers *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->list[i].name, name) == 0)
            return &t->list[i];
    return NULL;
}

/* A built-in one's `user` is taken, also on failure. */
static accel_status append(trackers *t, const accel_tracker_callbacks *calls, bool built_in)
{
    tracker *list = memory_resize(t->list, t->count + 1, sizeof *list);
    char *name = list ? memory_copy_string(calls->name) : NULL;
    t->list = list ? list : t->list;
    if (name) {
        t->list[t->count++] = (tracker){.calls = *calls, .name = name, .built_in = built_in};
        t->list[t->count - 1].calls.name = name;
    } else if (built_in) {
        memory_free(calls->user);
    }
    return accel_error_status();
}

/* Named twice they are there once. */
static accel_status add_builtin(trackers *t, size_t index)
{
    if (find(t, builtin[index].name))
        return ACCEL_OK;
    accel_tracker_callbacks calls = builtin[index].make(t->logging_dir);
    return calls.user ? append(t, &calls, true) : accel_error_status();
}

static accel_status refuse_name(const char *name, size_t length, const char *call)
{
    return accel_error_raise(
        ACCEL_EINVAL, call,
        "log_with names \"%.*s\"; there is tensorboard, jsonl, csv, or all of them, \"all\"", (int)length,
        name);
}

static accel_status add_named(trackers *t, const char *name, size_t length, const char *call)
{
    bool found = false;
    for (size_t i = 0; i < BUILTIN_COUNT && !accel_error_is_set(); i++) {
        bool same = strlen(builtin[i].name) == length && strncmp(builtin[i].name, name, length) == 0;
        if (!same && !(length == 3 && strncmp(name, "all", 3) == 0))
            continue;
        found = true;
        add_builtin(t, i);
    }
    return found ? accel_error_status() : refuse_name(name, length, call);
}

static accel_status add_all_named(trackers *t, const char *names, const char *call)
{
    for (const char *at = names; !accel_error_is_set(); at++) {
        at += strspn(at, " ");
        size_t length = strcspn(at, ","), trimmed = length;
        while (trimmed > 0 && at[trimmed - 1] == ' ')
            trimmed--;
        add_named(t, at, trimmed, call);
        at += length;
        if (!*at)
            break;
    }
    return accel_error_status();
}

accel_status trackers_init(trackers *t, const char *log_with, const char *logging_dir, const char *call)
{
    if (logging_dir && !*logging_dir)
        return accel_error_raise(ACCEL_EINVAL, call, "logging_dir is empty");
    if (log_with && !logging_dir)
        return accel_error_raise(ACCEL_EINVAL, call, "log_with \"%s\" needs a project_dir or logging_dir",
                                 log_with);
    if (logging_dir && !(t->logging_dir = memory_copy_string(logging_dir)))
        return accel_error_status();
    return log_with ? add_all_named(t, log_with, call) : ACCEL_OK;
}

/* ---- the program's own ---- */

accel_status trackers_add(trackers *t, const accel_tracker_callbacks *calls, const char *call)
{
    if (!calls)
        return accel_error_raise(ACCEL_EINVAL, call, "callbacks is NULL");
    if (!calls->name || !*calls->name)
        return accel_error_raise(ACCEL_EINVAL, call, "callbacks.name is %s", calls->name ? "empty" : "NULL");
    if (!calls->log)
        return accel_error_raise(ACCEL_EINVAL, call, "callbacks.log of \"%s\" is NULL", calls->name);
    if (find(t, calls->name))
        return accel_error_raise(ACCEL_EINVAL, call, "there is a tracker \"%s\" already", calls->name);
    return append(t, calls, false);
}

/* ---- a run ---- */

/* What a call on one of them came to: `first` is what the whole comes to. */
static void take(const tracker *item, const char *what, accel_status status, accel_error *first)
{
    accel_error mine;
    if (status != ACCEL_OK)
        accel_error_raise(status, NULL, "%s of tracker \"%s\" returned %s", what, item->name,
                          accel_status_name(status));
    error_take(&mine);
    if (first->status == ACCEL_OK)
        *first = mine;
}

accel_status trackers_start(trackers *t, const char *run_name, const accel_log_value *values, size_t count)
{
    accel_error first = {.status = ACCEL_OK};
    callback running;
    callback_begin(&running, CALLBACK_TRACKER, t);
    for (size_t i = 0; i < t->count && first.status == ACCEL_OK; i++) {
        tracker *item = &t->list[i];
        if (!t->is_main && !item->calls.every_process)
            continue;
        accel_status status =
            item->calls.start ? item->calls.start(item->calls.user, run_name, values, count) : ACCEL_OK;
        take(item, "start", status, &first);
        item->running = first.status == ACCEL_OK;
    }
    callback_end(&running);
    t->started = first.status == ACCEL_OK;
    error_restore(&first);
    return t->started ? ACCEL_OK : trackers_finish(t);
}

accel_status trackers_log(trackers *t, const accel_log_value *values, size_t count, int64_t step)
{
    accel_error first = {.status = ACCEL_OK};
    callback running;
    callback_begin(&running, CALLBACK_TRACKER, t);
    for (size_t i = 0; i < t->count; i++) {
        const tracker *item = &t->list[i];
        if (item->running)
            take(item, "log", item->calls.log(item->calls.user, values, count, step), &first);
    }
    callback_end(&running);
    error_restore(&first);
    return accel_error_status();
}

accel_status trackers_finish(trackers *t)
{
    accel_error first;
    callback running;
    error_take(&first);
    callback_begin(&running, CALLBACK_TRACKER, t);
    for (size_t i = 0; i < t->count; i++) {
        tracker *item = &t->list[i];
        if (item->running && item->calls.finish)
            take(item, "finish", item->calls.finish(item->calls.user), &first);
        item->running = false;
    }
    callback_end(&running);
    t->started = false;
    error_restore(&first);
    return accel_error_status();
}

void trackers_dispose(trackers *t)
{
    accel_try(unused) {
        (void)unused;
        trackers_finish(t);
    }
    for (size_t i = 0; i < t->count; i++) {
        if (t->list[i].built_in)
            memory_free(t->list[i].calls.user);
        memory_free(t->list[i].name);
    }
    memory_free(t->list);
    memory_free(t->logging_dir);
    *t = (trackers){0};
}
