/* Which state is loaded, by all processes together. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <accel/autograd.h>
#include <accel/log.h>

#include "accelerator/state_parts.h"
#include "accelerator/state_reader.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/layout.h"
#include "checkpoint/manifest.h"
#include "checkpoint/series.h"
#include "checkpoint/staging.h"
#include "comm/agreement.h"
#include "data/loader.h"

static const char loading[] = "accelerator_load_state";

/* ---- one folder ---- */

/* What is there and cannot be read is no older state's business. */
static accel_status check_readable(const char *folder)
{
    int fd = accel_error_is_set() ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (accel_error_is_set())
        return accel_error_status();
    if (fd >= 0)
        close(fd);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return accel_error_raise(ACCEL_ENOTFOUND, loading, "%s: there is no such folder", folder);
    return fd >= 0 && access(folder, X_OK) == 0 ? ACCEL_OK : file_raise_errno(folder, "cannot be read");
}

/* What this library saved has a manifest; Python's states do not. */
static accel_status check_complete(const char *folder)
{
    char name[LAYOUT_NAME];
    if (check_readable(folder) != ACCEL_OK)
        return accel_error_status();
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

/* Whether it can be loaded: it is tried. False with a failure recorded, where an older one would not do either. */
static bool is_loadable(facade *f, const char *folder)
{
    bool loadable = false;
    accel_error kept = {0};
    accel_try(error) {
        if (check_complete(folder) == ACCEL_OK)
            state_reader_close(state_reader_open(f, folder));
        loadable = !accel_error_is_set();
        if (!loadable && manifest_blames_folder(accel_error_status()))
            accel_log_line(ACCEL_LOG_WARNING, "%s: skips %s: %s", loading, folder, error->message);
        else if (!loadable)
            error_take(&kept);
    }
    if (kept.status != ACCEL_OK)
        error_restore(&kept);
    return loadable;
}

/* The highest below a number. -1 with the reason recorded. */
static int64_t find_newest(facade *f, int64_t below)
{
    int64_t number = series_below(f->project_dir, below);
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
                          f->project_dir, series_highest(f->project_dir) >= 0 ? "; the log says why" : "");
    return accel_error_is_set() ? -1 : number;
}

/* The highest that is complete on every disk: process 0 proposes, the first process of each machine that has a disk of its own looks.
   Between group_begin and group_end. */
static int64_t choose_number(facade *f)
{
    int64_t number = INT64_MAX, refused = 1;
    while (refused && !accel_error_is_set()) {
        if (f->ranks.rank == 0)
            number = find_newest(f, number);
        if (agreement_share(f->group, loading, &number) != ACCEL_OK)
            break;
        refused = 0;
        if (training_state_leads(f) && f->ranks.rank != 0) {
            char *path = series_path(f->project_dir, number);
            refused = path && !is_loadable(f, path);
            memory_free(path);
        }
        agreement_max(f->group, loading, &refused);
    }
    return number;
}

/* ---- by all ---- */

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
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_LOADER); i++)
        if (loader_is_running(state_part(f, ACCEL_PREPARABLE_LOADER, i)->handle))
            return accel_error_raise(ACCEL_EINVAL, loading, "called in a loop over a loader");
    return accel_error_status();
}

/* Between group_begin and group_end. */
static char *choose(facade *f, const char *folder)
{
    int64_t none = 0;
    char *path = folder ? memory_copy_string(folder) : series_path(f->project_dir, 0);
    if (path && training_state_leads(f))
        staging_sweep(path, loading);
    if (folder) {
        if (path && training_state_leads(f))
            check_complete(path);
        agreement_max(f->group, loading, &none);
        return path;
    }
    memory_free(path);
    int64_t number = choose_number(f);
    return accel_error_is_set() ? NULL : series_path(f->project_dir, number);
}

/* The next of a series comes after all that are there, and after the one that is loaded. */
static accel_status continue_series(facade *f, const char *path)
{
    int64_t next = series_number(path) + 1;
    if (f->project_dir && training_state_leads(f) && series_highest(f->project_dir) >= next)
        next = series_highest(f->project_dir) + 1;
    agreement_max(f->group, loading, &next);
    if (!accel_error_is_set())
        f->state.iteration = next;
    return accel_error_status();
}

static char *agree_on_path(facade *f, const char *folder)
{
    char *path = NULL;
    training_state_settle(&f->state);
    if (!facade_begin(f, loading))
        return NULL;
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
    int64_t none = 0;
    if (!facade_begin(f, loading))
        return accel_error_status();
    if (is_last)
        continue_series(f, path);
    else
        agreement_max(f->group, loading, &none);
    return group_end(f->group);
}

accel_status accelerator_load_state(accelerator *acc, const char *folder)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = training_state_facade(facade_of_own(acc, loading), loading);
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
