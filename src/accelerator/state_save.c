#include "accelerator/state_save.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include <accel/autograd.h>
#include <accel/log.h>
#include <accel/options.h>

#include "accelerator/state_parts.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/thread.h"
#include "checkpoint/series.h"
#include "checkpoint/staging.h"
#include "comm/agreement.h"
#include "comm/collective.h"

static const char saving[] = "accelerator_save_state";

struct state_save {
    state_files *files;
    staging *staging;
    int rank, first, count; /* of the processes that write there: of all, or of this machine */
    bool makes;             /* this one puts the folder in place */
    bool async, threaded;
    pthread_t thread;
    double timeout;
    atomic_bool stop; /* do not wait for others any more */
    char *project;    /* whose series it is of; NULL: of none */
    int64_t limit, number;
    accel_error error; /* of the thread */
};

static void free_save(state_save *s)
{
    if (!s)
        return;
    state_files_free(s->files);
    staging_abandon(s->staging);
    memory_free(s->project);
    memory_free(s);
}

/* ---- to the disk ---- */

/* The new state is there, whatever becomes of the old ones. */
static void limit_series(const state_save *s)
{
    if (!s->project || s->limit <= 0)
        return;
    accel_try(error) {
        if (series_limit(s->project, s->limit, s->number) != ACCEL_OK)
            accel_log_line(ACCEL_LOG_WARNING, "%s: an old state cannot be removed: %s", saving, error->message);
    }
}

/* After all have written. */
static accel_status put_in_place(state_save *s)
{
    staging *staged = s->staging;
    RETURN_STATUS_IF_FAILED();
    if (!s->makes)
        return ACCEL_OK;
    if (state_files_complete(staging_folder(staged), s->first, s->count, saving) != ACCEL_OK)
        return accel_error_status();
    s->staging = NULL;
    if (staging_commit(staged, saving) == ACCEL_OK)
        limit_series(s);
    return accel_error_status();
}

static void *run(void *argument)
{
    state_save *s = argument;
    const char *folder = staging_folder(s->staging);
    if (state_files_write(s->files, folder, s->rank, saving) != ACCEL_OK)
        state_files_write_failure(folder, s->rank, accel_error_text());
    if (s->makes && !accel_error_is_set())
        state_files_await(folder, s->first, s->count, s->timeout, &s->stop, saving);
    put_in_place(s);
    error_take(&s->error);
    return NULL;
}

accel_status state_save_finish(state_save *s)
{
    if (!s)
        return accel_error_status();
    if (accel_error_is_set())
        atomic_store(&s->stop, true);
    if (s->threaded)
        pthread_join(s->thread, NULL);
    if (s->error.status != ACCEL_OK)
        error_restore(&s->error);
    free_save(s);
    return accel_error_status();
}

/* ---- where to ---- */

/* What all processes have to say in the same way. */
static accel_status describe(const facade *f, const char *folder, const accelerator_save_state_options *o,
                             buffer *text)
{
    if (folder && !*folder)
        return accel_error_raise(ACCEL_EINVAL, saving, "folder is empty");
    if (!folder && (!f->options.automatic_checkpoint_naming || !f->project_dir))
        return accel_error_raise(ACCEL_EINVAL, saving,
                                 "folder is NULL, which needs project_dir and automatic_checkpoint_naming");
    buffer_printf(text, "folder %s\nsafe_serialization %d\nasync %d\niteration %lld\n",
                  folder ? folder : "NULL", o->safe_serialization, o->async, (long long)f->state.iteration);
    for (size_t i = 0; i < f->state.object_count; i++)
        buffer_printf(text, "object %s\n", f->state.objects[i].name);
    return accel_error_status();
}

static char *target_of(const facade *f, const char *folder)
{
    return folder ? memory_copy_string(folder) : series_path(f->project_dir, f->state.iteration);
}

static accel_status check_target(const char *folder, const char *target)
{
    if (folder || !file_exists(target))
        return accel_error_status();
    return accel_error_raise(
        ACCEL_EINVAL, saving,
        "%s: is there already: go on from it with accelerator_load_state(acc, NULL), or choose "
        "another project_dir",
        target);
}

static bool makes_folder(const facade *f)
{
    return f->options.save_on_each_node ? f->ranks.local_rank == 0 : f->ranks.rank == 0;
}

static accel_status check_blocks(const facade *f)
{
    if (f->group && group_joins(f->group))
        return accel_error_raise(ACCEL_EINVAL, saving, "no state is saved in accelerator_join_uneven_inputs");
    return accel_error_status();
}

static state_save *create(const facade *f, const char *folder, bool async)
{
    state_save *s = memory_alloc(1, sizeof *s);
    if (!s)
        return NULL;
    const bool each = f->options.save_on_each_node;
    s->rank = f->ranks.rank;
    s->first = each ? f->ranks.rank - f->ranks.local_rank : 0;
    s->count = each ? f->ranks.local_world_size : f->ranks.world_size;
    s->makes = makes_folder(f);
    s->async = async;
    s->timeout = f->options.timeout;
    s->number = f->state.iteration;
    s->limit = f->options.total_limit;
    s->project = folder ? NULL : memory_copy_string(f->project_dir);
    s->files = state_files_create();
    return s;
}

/* One makes the folder, then the others find it. Between group_begin and group_end. */
static accel_status open_folder(const facade *f, state_save *s, const char *folder)
{
    int64_t number = (int64_t)staging_number(), none = 0;
    if (agreement_share(f->group, saving, &number) != ACCEL_OK)
        return accel_error_status();
    char *target = target_of(f, folder);
    if (target && s->makes) {
        staging_sweep(target, saving);
        if (check_target(folder, target) == ACCEL_OK)
            s->staging = staging_open(target, (uint64_t)number, true, saving);
    }
    if (agreement_max(f->group, saving, &none) == ACCEL_OK && !s->makes)
        s->staging = staging_open(target, (uint64_t)number, false, saving);
    memory_free(target);
    return agreement_max(f->group, saving, &none);
}

/* Every process comes out with a save, or with the same failure. */
static state_save *begin(facade *f, const char *folder, const accelerator_save_state_options *options)
{
    accelerator_save_state_options o = accelerator_save_state_options_default();
    buffer text = {0};
    state_save *s = NULL;
    accel_error failure;
    training_state_settle_apart(&f->state, &failure);
    if (!group_begin(f->group, saving))
        return NULL;
    if (failure.status != ACCEL_OK)
        error_restore(&failure);
    if (!accel_error_is_set() && accel_options_read(saving, &o, sizeof o, options) == ACCEL_OK &&
        check_blocks(f) == ACCEL_OK)
        describe(f, folder, &o, &text);
    if (agreement_check(f->group, saving, "the save", text.data ? text.data : "") == ACCEL_OK) {
        s = create(f, folder, o.async);
        open_folder(f, s, folder);
    }
    buffer_dispose(&text);
    if (group_end(f->group) == ACCEL_OK)
        return s;
    free_save(s);
    return NULL;
}

/* ---- what ---- */

static accel_status start_thread(state_save *s)
{
    s->threaded = thread_start(&s->thread, run, s, saving) == ACCEL_OK;
    return accel_error_status();
}

/* Between group_begin and group_end: this process's failure is everybody's then, and costs nothing but the save. */
static accel_status write_with_others(facade *f, state_save *s)
{
    int64_t none = 0;
    if (s->async)
        state_files_copy(s->files);
    else
        state_files_write(s->files, staging_folder(s->staging), s->rank, saving);
    if (agreement_max(f->group, saving, &none) != ACCEL_OK || s->async)
        return accel_error_is_set() ? accel_error_status() : start_thread(s);
    put_in_place(s);
    return agreement_max(f->group, saving, &none);
}

accelerator_save_state_options accelerator_save_state_options_default(void)
{
    return (accelerator_save_state_options){ACCELERATOR_SAVE_STATE_DEFAULTS()};
}

accel_status accelerator_save_state_with(accelerator *acc, const char *folder,
                                         const accelerator_save_state_options *options)
{
    facade *f = facade_of_all(acc, saving);
    accelerator_save_state_options o = accelerator_save_state_options_default();
    state_save *s = f ? begin(f, folder, options) : NULL;
    if (!s)
        return accel_error_status();
    accel_options_read(saving, &o, sizeof o, options);
    accel_error error;
    accel_no_grad() {
        if (training_state_run_hooks(&f->state, acc, false, staging_folder(s->staging)) == ACCEL_OK)
            state_parts_collect(f, s->files, s->makes, o.safe_serialization);
    }
    error_take(&error);
    if (group_begin(f->group, saving)) {
        if (error.status != ACCEL_OK)
            error_restore(&error);
        write_with_others(f, s);
        group_end(f->group);
    }
    if (!folder && !accel_error_is_set())
        f->state.iteration++;
    if (s->async && !accel_error_is_set())
        f->state.saves = s;
    else
        free_save(s);
    return accel_error_status();
}
