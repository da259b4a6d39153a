#include "accelerator/state_save.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include <accel/autograd.h>
#include <accel/log.h>
#include <accel/options.h>
#include <accel/scope.h>

#include "accelerator/state_parts.h"
#include "base/clock.h"
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
    bool each;              /* so does one of each machine */
    bool async, safe_serialization, threaded;
    pthread_t thread;
    double timeout;
    group *group;     /* borrowed; NULL: alone */
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
static void limit_series(const char *project, int64_t limit, int64_t number)
{
    if (!project || limit <= 0 || number < 0)
        return;
    accel_try(error) {
        if (series_limit(project, limit, number) != ACCEL_OK)
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
    if (staging_commit(staged, saving) == ACCEL_OK && !s->each) /* other machines' may not be there yet */
        limit_series(s->project, s->limit, s->number);
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
    if (s->error.status != ACCEL_OK && !s->error.call[0])
        snprintf(s->error.call, sizeof s->error.call, "%s", saving);
    return NULL;
}

void state_save_hurry(state_save *s) { atomic_store(&s->stop, true); }

/* A process that is gone writes no part. */
static void join(state_save *s)
{
    static const double look_seconds = 0.1;
    struct timespec next = clock_after(look_seconds);
    while (pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC, &next) != 0) {
        if (group_failure(s->group) != ACCEL_OK)
            state_save_hurry(s);
        next = clock_after(look_seconds);
    }
}

accel_status state_save_finish(state_save *s)
{
    if (!s)
        return accel_error_status();
    if (accel_error_is_set())
        state_save_hurry(s);
    if (s->threaded)
        join(s);
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

/* Of a series: numbers that this program did not save or load are another's. */
static accel_status check_series(const facade *f)
{
    int64_t highest = series_highest(f->project_dir);
    if (highest < f->state.iteration || accel_error_is_set())
        return accel_error_status();
    return accel_error_raise(ACCEL_EINVAL, saving,
                             "%s: has checkpoint_%lld already: go on from it with accelerator_load_state(acc, "
                             "NULL), or choose another "
                             "project_dir",
                             f->project_dir, (long long)highest);
}

static accel_status check_blocks(const facade *f)
{
    if (f->group && group_joins(f->group))
        return accel_error_raise(ACCEL_EINVAL, saving, "no state is saved in accelerator_join_uneven_inputs");
    return accel_error_status();
}

static state_save *create(const facade *f, const char *folder, const accelerator_save_state_options *o)
{
    state_save *s = memory_alloc(1, sizeof *s);
    if (!s)
        return NULL;
    const bool each = f->options.save_on_each_node;
    s->rank = f->ranks.rank;
    s->first = each ? f->ranks.rank - f->ranks.local_rank : 0;
    s->count = each ? f->ranks.local_world_size : f->ranks.world_size;
    s->makes = training_state_leads(f);
    s->each = each;
    s->async = o->async;
    s->safe_serialization = o->safe_serialization;
    s->group = f->group;
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
        if (folder || check_series(f) == ACCEL_OK)
            s->staging = staging_open(target, (uint64_t)number, true, saving);
        if (!folder)
            staging_keep_others(s->staging);
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
    training_state_settle(&f->state);
    if (!facade_begin(f, saving))
        return NULL;
    if (!accel_error_is_set() && accel_options_read(saving, &o, sizeof o, options) == ACCEL_OK &&
        check_blocks(f) == ACCEL_OK)
        describe(f, folder, &o, &text);
    if (agreement_check(f->group, saving, "the save", text.data ? text.data : "") == ACCEL_OK) {
        if (f->options.save_on_each_node && training_state_leads(f)) /* what all machines have by now */
            limit_series(f->project_dir, f->options.total_limit, f->state.iteration - 1);
        s = create(f, folder, &o);
        open_folder(f, s, folder);
    }
    buffer_dispose(&text);
    if (group_end(f->group) == ACCEL_OK)
        return s;
    free_save(s);
    return NULL;
}

/* ---- what ---- */

/* Others have begun to write: without a thread this process writes here and now. */
static void start_thread(state_save *s)
{
    accel_try(unused) {
        (void)unused;
        s->threaded = thread_start(&s->thread, run, s, saving) == ACCEL_OK;
        accel_error_clear();
        if (!s->threaded)
            run(s);
    }
}

/* Between group_begin and group_end: this process's failure is everybody's then, and costs nothing but the save. */
static accel_status write_with_others(facade *f, state_save *s)
{
    int64_t none = 0;
    if (s->async)
        state_files_copy(s->files, saving);
    else
        state_files_write(s->files, staging_folder(s->staging), s->rank, saving);
    if (agreement_max(f->group, saving, &none) != ACCEL_OK)
        return accel_error_status();
    if (s->async) {
        start_thread(s);
        return accel_error_status();
    }
    put_in_place(s);
    if (agreement_max(f->group, saving, &none) == ACCEL_OK && s->each && s->makes)
        limit_series(s->project, s->limit, s->number);
    return accel_error_status();
}

accelerator_save_state_options accelerator_save_state_options_default(void)
{
    return (accelerator_save_state_options){ACCELERATOR_SAVE_STATE_DEFAULTS()};
}

accel_status accelerator_save_state_with(accelerator *acc, const char *folder,
                                         const accelerator_save_state_options *options)
{
    facade *f = training_state_facade(facade_of_all(acc, saving), saving);
    state_save *s = f ? begin(f, folder, options) : NULL;
    if (!s)
        return accel_error_status();
    accel_no_grad() {
        accel_scoped() {
            if (training_state_run_hooks(&f->state, acc, false, staging_folder(s->staging)) == ACCEL_OK)
                state_parts_collect(f, s->files, s->makes, s->safe_serialization);
        }
    }
    if (facade_begin(f, saving)) {
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
