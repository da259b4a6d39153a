/* Blocks that are profiled. */
#include "accelerator/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <accel/options.h>
#include <accel/profile.h>

#include "accelerator/facade.h"
#include "base/callback.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/device.h"
#include "engine/profiler.h"
#include "track/timeline.h"

static const char call[] = "accelerator_profile";

struct profile {
    accelerator_profile_options options;
    char *folder;       /* NULL: no trace is written */
    timeline *timeline; /* of the last complete trace; NULL: there is none */
    int64_t step, cycle;
    bool inside, recording; /* of a block; a trace is being taken */
};

/* Of a trace that nobody wants there is no timeline. */
static void add_event(const engine_profile_event *e, void *user)
{
    if (user)
        timeline_add(user, e->name, e->thread, e->start_ns, e->duration_ns, e->is_async);
}

void profile_free(profile *p)
{
    if (!p)
        return;
    if (p->recording)
        engine_profile_stop(NULL, add_event, NULL);
    timeline_free(p->timeline);
    memory_free(p->folder);
    memory_free(p);
}

/* ---- traces ---- */

static accel_status start(facade *f)
{
    const accelerator_profile_options *o = &f->profile->options;
    const engine_profile_options options = {.record_shapes = o->record_shapes,
                                            .profile_memory = o->profile_memory,
                                            .with_flops = o->with_flops,
                                            .rank = f->ranks.rank,
                                            .world_size = f->ranks.world_size};
    f->profile->recording = engine_profile_start(&options) == ACCEL_OK;
    return accel_error_status();
}

/* Of the trace under way: new. */
static char *name_trace(const facade *f)
{
    char name[64];
    const profile *p = f->profile;
    if (p->options.active == 0)
        snprintf(name, sizeof name, "profile_%d.json", f->ranks.rank);
    else
        snprintf(name, sizeof name, "profile_%d_%lld.json", f->ranks.rank, (long long)p->cycle);
    return file_join(p->folder, name);
}

/* The engine says nothing of a disk that is full: a trace that is whole ends with a brace. */
static bool is_whole(const char *path)
{
    char end[2] = "";
    FILE *file = fopen(path, "rb");
    bool read = file && fseek(file, -2, SEEK_END) == 0 && fread(end, 1, 2, file) == 2;
    if (file)
        fclose(file);
    return read && (end[1] == '}' || (end[1] == '\n' && end[0] == '}'));
}

/* Why the engine did not write all of a file: what the system says when more is written to it. 0: it does not say. */
static int find_reason(const char *path)
{
    static const char more[1 << 16];
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666), reason = errno;
    if (file < 0)
        return reason;
    ssize_t written = write(file, more, sizeof more);
    reason = written < 0 ? errno : written < (ssize_t)sizeof more ? ENOSPC : 0;
    close(file);
    return reason;
}

/* The engine writes to `growing`, and renames that to `part` at its end. */
static accel_status give_up(const char *path, const char *part, const char *growing)
{
    int reason = file_exists(part) ? find_reason(part) : find_reason(growing);
    remove(part);
    remove(growing);
    if (!reason)
        return accel_error_raise(ACCEL_EIO, call, "%s cannot be written", path);
    return accel_error_raise(ACCEL_EIO, call, "%s cannot be written: %s", path, strerror(reason));
}

/* A trace appears under its name when it is whole. */
static accel_status write_trace(const char *path, timeline *t)
{
    buffer part = {0}, growing = {0};
    if (buffer_printf(&part, "%s.part", path) == ACCEL_OK &&
        buffer_printf(&growing, "%s.tmp", part.data) == ACCEL_OK &&
        engine_profile_stop(part.data, add_event, t) == ACCEL_OK &&
        (!is_whole(part.data) || rename(part.data, path) != 0))
        give_up(path, part.data, growing.data);
    buffer_dispose(&part);
    buffer_dispose(&growing);
    return accel_error_status();
}

static void call_when_ready(facade *f, accelerator *acc, const char *path)
{
    callback running;
    callback_begin(&running, CALLBACK_TRACE, f);
    f->profile->options.on_trace_ready(acc, path, f->profile->options.user);
    callback_end(&running);
}

static accel_status stop(facade *f, accelerator *acc)
{
    profile *p = f->profile;
    timeline *t = timeline_create();
    char *path = p->folder ? name_trace(f) : NULL;
    p->recording = false;
    engine_device_synchronize(f->device); /* what was begun belongs to it */
    if (!t || !path)
        engine_profile_stop(NULL, add_event, t);
    else
        write_trace(path, t);
    timeline_free(p->timeline);
    p->timeline = t;
    if (!accel_error_is_set() && p->options.on_trace_ready)
        call_when_ready(f, acc, path);
    memory_free(path);
    p->cycle++;
    return accel_error_status();
}

/* The accelerator, while no function of its profile is called; NULL with the reason recorded. */
static facade *facade_to_profile(accelerator *acc, const char *calling)
{
    facade *f = facade_of_own(acc, calling);
    return f && !callback_refuses(CALLBACK_TRACE, f, calling) ? f : NULL;
}

/* ---- steps ---- */

/* Whether the step at hand is profiled. Source: torch.profiler.schedule. */
static bool is_active(const profile *p)
{
    const accelerator_profile_options *o = &p->options;
    int64_t step = p->step - o->skip_first, cycle = o->wait + o->warmup + o->active;
    if (o->active == 0)
        return true;
    bool over = step < 0 || (o->repeat > 0 && step / cycle >= o->repeat);
    return !over && step % cycle >= o->wait + o->warmup;
}

/* Whether the step at hand begins a cycle of its own, right after another. */
static bool is_first(const profile *p)
{
    const accelerator_profile_options *o = &p->options;
    int64_t step = p->step - o->skip_first, cycle = o->wait + o->warmup + o->active;
    return o->active > 0 && step >= 0 && step % cycle == o->wait + o->warmup;
}

accel_status accelerator_profile_step(accelerator *acc)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_to_profile(acc, __func__);
    profile *p = f ? f->profile : NULL;
    if (f && (!p || !p->inside))
        return RAISE(ACCEL_EINVAL, "no accelerator_profile block is running");
    if (!p)
        return accel_error_status();
    p->step++;
    bool active = is_active(p);
    if (p->recording && (!active || is_first(p)))
        stop(f, acc);
    if (active && !p->recording && !accel_error_is_set())
        start(f);
    return accel_error_status();
}

/* ---- blocks ---- */

accelerator_profile_options accelerator_profile_options_default(void)
{
    return (accelerator_profile_options){ACCELERATOR_PROFILE_DEFAULTS()};
}

static accel_status check_options(const accelerator_profile_options *o)
{
    const struct {
        const char *name;
        int64_t value;
    } steps[] = {{"skip_first", o->skip_first},
                 {"wait", o->wait},
                 {"warmup", o->warmup},
                 {"active", o->active},
                 {"repeat", o->repeat}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i].value < 0 || steps[i].value > INT32_MAX)
            return accel_error_raise(ACCEL_EINVAL, call, "%s must be in [0, %d], got %lld", steps[i].name,
                                     INT32_MAX, (long long)steps[i].value);
    if (o->active == 0 && (o->skip_first || o->wait || o->warmup || o->repeat))
        return accel_error_raise(ACCEL_EINVAL, call, "active is 0: which steps are to be profiled?");
    return ACCEL_OK;
}

/* The profile of a block, in place of the last one's. */
static accel_status set_up(facade *f, const accelerator_profile_options *o)
{
    profile *p = memory_alloc(1, sizeof *p);
    if (!p)
        return accel_error_status();
    p->options = *o;
    p->inside = true;
    if (o->output_trace_dir && file_make_directories(o->output_trace_dir) == ACCEL_OK)
        p->folder = memory_copy_string(o->output_trace_dir);
    profile_free(f->profile);
    f->profile = p;
    return accel_error_status();
}

accelerator_profile_block accelerator_profile_begin_with(accelerator *acc,
                                                         const accelerator_profile_options *options)
{
    accelerator_profile_block b = {.acc = acc};
    accelerator_profile_options o = accelerator_profile_options_default();
    facade *f = accel_error_is_set() ? NULL : facade_to_profile(acc, call);
    if (!f || accel_options_read(call, &o, sizeof o, options) != ACCEL_OK || check_options(&o) != ACCEL_OK)
        return b;
    if (f->profile && f->profile->inside)
        accel_error_raise(ACCEL_EINVAL, call, "such a block is running already");
    else if (set_up(f, &o) == ACCEL_OK && is_active(f->profile))
        start(f);
    b.open = b.profiles = !accel_error_is_set();
    return b;
}

/* What failed in the block is not hidden, and does not cost the trace. */
static void end(facade *f, accelerator *acc)
{
    accel_error failure;
    error_take(&failure);
    if (f->profile->recording)
        stop(f, acc);
    f->profile->inside = false;
    if (failure.status != ACCEL_OK) {
        accel_error_clear();
        error_restore(&failure);
    }
}

void profile_finish(facade *f, accelerator *acc)
{
    if (f->profile && f->profile->inside)
        end(f, acc);
}

/* The accelerator may have finished inside the block. */
void accelerator_profile_end(accelerator_profile_block *block)
{
    facade *f = block && block->profiles ? facade_if_live(block->acc) : NULL;
    if (!f || !facade_to_profile(block->acc, call))
        return;
    block->profiles = false;
    end(f, block->acc);
}

accel_status accelerator_profile_print(accelerator *acc, FILE *stream, int rows)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_of_own(acc, __func__);
    if (!f)
        return accel_error_status();
    if (!stream)
        return RAISE(ACCEL_EINVAL, "stream is NULL");
    if (rows < 0)
        return RAISE(ACCEL_EINVAL, "rows must not be negative, got %d", rows);
    if (!f->profile || !f->profile->timeline)
        return RAISE(ACCEL_EINVAL, "no trace is complete yet");
    return timeline_print(f->profile->timeline, stream, rows);
}
