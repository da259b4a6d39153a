/* Which state is loaded, by all processes together. */
#include <stdio.h>
#include <string.h>

#include <accel/autograd.h>
#include <accel/log.h>

#include "accelerator/state_parts.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/layout.h"
#include "checkpoint/manifest.h"
#include "checkpoint/series.h"
#include "checkpoint/staging.h"
#include "comm/agreement.h"

static const char loading[] = "accelerator_load_state";

/* ---- one folder ---- */

/* What this library saved has a manifest; Python's states do not. */
static accel_status check_complete(const char *folder)
{
    char name[LAYOUT_NAME];
    if (accel_error_is_set() || (!layout_has(folder, MANIFEST_NAME) &&
                                 !layout_has(folder, layout_numbered(name, LAYOUT_PROCESS, 0, ".bin"))))
        return accel_error_status();
    manifest *m = manifest_read(folder, MANIFEST_NAME, loading);
    if (m && manifest_check_sizes(m, folder, loading) == ACCEL_OK)
        manifest_check(m, folder, NULL, loading);
    manifest_free(m);
    return accel_error_status();
}

/* ---- the newest of a series ---- */

/* Whether it can be loaded: it is tried. */
static bool is_loadable(facade *f, const char *folder)
{
    bool loadable = false;
    accel_try(error) {
        if (check_complete(folder) == ACCEL_OK)
            state_reader_close(state_reader_open(f, folder));
        loadable = !accel_error_is_set();
        if (!loadable)
            accel_log_line(ACCEL_LOG_WARNING, "%s: skips %s: %s", loading, folder, error->message);
    }
    return loadable;
}

/* -1 with the reason recorded. */
static int64_t find_newest(facade *f)
{
    int64_t highest = series_highest(f->project_dir), number = highest;
    while (number >= 0) {
        char *path = series_path(f->project_dir, number);
        bool loadable = path && is_loadable(f, path);
        memory_free(path);
        if (loadable || accel_error_is_set())
            break;
        number = series_below(f->project_dir, number);
    }
    if (number < 0 && !accel_error_is_set())
        accel_error_raise(ACCEL_ENOTFOUND, loading, "%s/checkpoints: has no state that is complete%s",
                          f->project_dir, highest >= 0 ? "; the log says why" : "");
    return number;
}

/* ---- by all ---- */

static bool checks(const facade *f)
{
    return f->options.save_on_each_node ? f->ranks.local_rank == 0 : f->ranks.rank == 0;
}

static accel_status check_moment(const facade *f, const char *folder)
{
    if (folder && !*folder)
        return accel_error_raise(ACCEL_EINVAL, loading, "folder is empty");
    if (!folder && !f->project_dir)
        return accel_error_raise(ACCEL_EINVAL, loading, "folder is NULL, which needs project_dir");
    if (f->window.inside)
        return accel_error_raise(ACCEL_EINVAL, loading, "called in a block of accelerator_accumulate");
    if (f->group && group_joins(f->group))
        return accel_error_raise(ACCEL_EINVAL, loading, "called in accelerator_join_uneven_inputs");
    return accel_error_status();
}

/* Process 0 chooses, and the first process of each machine compares. Between group_begin and group_end. */
static char *choose(facade *f, const char *folder)
{
    int64_t number = -1, none = 0;
    char *path = folder ? memory_copy_string(folder) : series_path(f->project_dir, 0);
    if (path && checks(f))
        staging_sweep(path, loading);
    if (!folder && f->ranks.rank == 0 && !accel_error_is_set())
        number = find_newest(f);
    if (agreement_share(f->group, loading, &number) == ACCEL_OK && !folder) {
        memory_free(path);
        path = series_path(f->project_dir, number);
    }
    if (!accel_error_is_set() && checks(f) && (folder || f->ranks.rank != 0)) {
        if (!file_is_directory(path))
            accel_error_raise(ACCEL_ENOTFOUND, loading, "%s: there is no such folder", path);
        check_complete(path);
    }
    agreement_max(f->group, loading, &none);
    return path;
}

/* The next of a series comes after all that are there. */
static accel_status continue_series(facade *f, const char *path)
{
    int64_t number = series_number(path), next = number + 1;
    if (number >= 0 && f->project_dir && checks(f) && series_highest(f->project_dir) >= next)
        next = series_highest(f->project_dir) + 1;
    agreement_max(f->group, loading, &next);
    if (number >= 0 && !accel_error_is_set())
        f->state.iteration = next;
    return accel_error_status();
}

static char *agree_on_path(facade *f, const char *folder)
{
    char *path = NULL;
    accel_error failure;
    training_state_settle_apart(&f->state, &failure);
    if (!group_begin(f->group, loading))
        return NULL;
    if (failure.status != ACCEL_OK)
        error_restore(&failure);
    if (!accel_error_is_set())
        check_moment(f, folder);
    if (agreement_check(f->group, loading, "folder", folder ? folder : "NULL") == ACCEL_OK)
        path = choose(f, folder);
    if (group_end(f->group) == ACCEL_OK)
        return path;
    memory_free(path);
    return NULL;
}

/* Ends a part that each process does by itself: the failure of one is everybody's. */
static accel_status agree_on_result(facade *f, const char *path, bool is_last)
{
    accel_error error;
    int64_t none = 0;
    error_take(&error);
    if (!group_begin(f->group, loading))
        return accel_error_status();
    if (error.status != ACCEL_OK)
        error_restore(&error);
    if (is_last)
        continue_series(f, path);
    else
        agreement_max(f->group, loading, &none);
    return group_end(f->group);
}

accel_status accelerator_load_state(accelerator *acc, const char *folder)
{
    facade *f = facade_of(acc, loading);
    char *path = f ? agree_on_path(f, folder) : NULL;
    if (!path)
        return accel_error_status();
    state_reader *r = NULL;
    accel_no_grad() {
        if (training_state_run_hooks(&f->state, acc, true, path) == ACCEL_OK)
            r = state_reader_open(f, path);
    }
    if (agree_on_result(f, path, false) == ACCEL_OK) {
        accel_no_grad() {
            state_reader_apply(r);
        }
        if (agree_on_result(f, path, true) == ACCEL_OK)
            accel_log_line(ACCEL_LOG_INFO, "%s: %s", loading, path);
    }
    state_reader_close(r);
    memory_free(path);
    return accel_error_status();
}
