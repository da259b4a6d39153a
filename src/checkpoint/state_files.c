#include "checkpoint/state_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <accel/autograd.h>
#include <accel/device.h>
#include <accel/ops.h>
#include <accel/scope.h>

#include "base/clock.h"
#include "base/directory.h"
#include "base/disk.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/object.h"
#include "checkpoint/layout.h"
#include "checkpoint/manifest.h"
#include "checkpoint/pickle_dict.h"
#include "checkpoint/random_states.h"
#include "checkpoint/safetensors_dict.h"
#include "checkpoint/tied.h"
#include "tensor/tensor.h"

typedef struct state_file {
    state_kind kind;
    char name[LAYOUT_NAME];
    accel_dict *dict; /* retained */
} state_file;

struct state_files {
    state_file *list;
    size_t count;
};

state_files *state_files_create(void)
{
    RETURN_NULL_IF_FAILED();
    return memory_alloc(1, sizeof(state_files));
}

void state_files_free(state_files *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++)
        object_release(f->list[i].dict);
    memory_free(f->list);
    memory_free(f);
}

accel_status state_files_add(state_files *f, state_kind kind, const char *name, accel_dict *dict)
{
    RETURN_STATUS_IF_FAILED();
    state_file *list = memory_resize(f->list, f->count + 1, sizeof *list);
    if (!list)
        return accel_error_status();
    f->list = list;
    list[f->count] = (state_file){.kind = kind, .dict = object_retain(dict)};
    snprintf(list[f->count++].name, LAYOUT_NAME, "%s", name);
    return ACCEL_OK;
}

/* ---- copies ---- */

/* What comes from a GPU is a copy already. */
static accel_tensor *copy_tensor(accel_tensor *tensor, const char *call)
{
    accel_tensor *plain = tensor_on_cpu(tensor, call);
    return accel_device_is(accel_tensor_device(tensor), accel_device_cpu()) ? accel_clone(plain) : plain;
}

/* What is one memory stays that. */
static accel_status copy_dict(state_file *file, const char *call)
{
    size_t *first = tied_find(file->dict, call);
    accel_dict *copy = first ? accel_dict_create() : NULL;
    accel_scoped() {
        for (size_t i = 0; copy && i < accel_dict_count(file->dict) && !accel_error_is_set(); i++)
            accel_dict_set(copy, accel_dict_name(file->dict, i),
                           first[i] == i ? copy_tensor(accel_dict_tensor(file->dict, i), call)
                                         : accel_dict_tensor(copy, first[i]));
    }
    memory_free(first);
    if (!accel_error_is_set()) {
        object_retain(copy);
        object_release(file->dict);
        file->dict = copy;
    }
    accel_free(copy);
    return accel_error_status();
}

accel_status state_files_copy(state_files *f, const char *call)
{
    accel_no_grad() {
        for (size_t i = 0; i < f->count && !accel_error_is_set(); i++)
            copy_dict(&f->list[i], call);
    }
    return accel_error_status();
}

/* ---- writing ---- */

static file_writer *stage_once(const state_file *file, const char *path, const char *call)
{
    accel_dict *once = tied_once(file->dict, call);
    return once ? safetensors_dict_stage(once, path, call) : NULL;
}

static file_writer *stage(const state_file *file, const char *path, const char *call)
{
    switch (file->kind) {
    case STATE_SAFETENSORS:
        return stage_once(file, path, call);
    case STATE_WEIGHTS:
        return pickle_dict_stage(file->dict, path, NEST_FLAT, call);
    case STATE_OPTIMIZER:
        return pickle_dict_stage(file->dict, path, NEST_OPTIMIZER, call);
    case STATE_SCHEDULER:
        return pickle_dict_stage(file->dict, path, NEST_SCHEDULER, call);
    case STATE_NUMBERS:
        return pickle_dict_stage(file->dict, path, NEST_NUMBERS, call);
    case STATE_RANDOM:
        return random_states_stage(file->dict, path, call);
    case STATE_VALUES:
        return pickle_dict_stage(file->dict, path, NEST_VALUES, call);
    }
    return NULL;
}

static file_writer *stage_one(const state_file *file, const char *folder, manifest *m, const char *call)
{
    file_writer *writer = NULL;
    char *path = file_join(folder, file->name);
    accel_scoped() {
        writer = path ? stage(file, path, call) : NULL;
    }
    file_writer_flush(writer);
    if (writer)
        manifest_add(m, file->name, file_writer_temporary(writer));
    memory_free(path);
    return writer;
}

/* The disk is at work on all files before the first one is waited for. */
static accel_status write_all(const state_files *f, const char *folder, manifest *m, const char *call)
{
    file_writer **writers = memory_alloc(f->count, sizeof *writers);
    for (size_t i = 0; writers && i < f->count && !accel_error_is_set(); i++)
        writers[i] = stage_one(&f->list[i], folder, m, call);
    for (size_t i = 0; writers && i < f->count; i++)
        if (accel_error_is_set())
            file_writer_abandon(writers[i]);
        else
            file_writer_commit_within(writers[i]);
    memory_free(writers);
    return accel_error_status();
}

accel_status state_files_write(const state_files *f, const char *folder, int rank, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    char name[LAYOUT_NAME];
    manifest *m = manifest_create();
    if (m && write_all(f, folder, m, call) == ACCEL_OK)
        manifest_write(m, folder, layout_numbered(name, LAYOUT_PART, (size_t)rank, ".json"));
    manifest_free(m);
    return accel_error_status();
}

/* ---- what others have written ---- */

static char *path_of_part(const char *folder, int rank, const char *ending)
{
    char name[LAYOUT_NAME];
    return file_join(folder, layout_numbered(name, LAYOUT_PART, (size_t)rank, ending));
}

static const char failed[] = ".failed";

void state_files_write_failure(const char *folder, int rank, const char *text)
{
    accel_try(unused) {
        (void)unused;
        char *path = path_of_part(folder, rank, failed);
        if (path && file_write_atomic(path, text, strlen(text)) != ACCEL_OK) {
            int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666); /* a name takes less of a full disk */
            if (fd >= 0)
                close(fd);
        }
        memory_free(path);
    }
}

/* Whether it has come; a failure is recorded. */
static bool has_come(const char *folder, int rank, const char *call)
{
    char *part = path_of_part(folder, rank, ".json"),
         *failure = part ? path_of_part(folder, rank, failed) : NULL;
    bool come = failure && file_exists(part);
    if (failure && !come && file_exists(failure)) {
        char *text = file_read(failure, NULL);
        accel_error_raise(ACCEL_EIO, call, "process %d: %s", rank,
                          text && *text ? text : "could not write its part");
        memory_free(text);
    }
    memory_free(part);
    memory_free(failure);
    return come;
}

accel_status state_files_await(const char *folder, int first, int count, double seconds,
                               const atomic_bool *stop, const char *call)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    const double until = clock_seconds() + seconds;
    for (int rank = first; rank < first + count && !accel_error_is_set();) {
        if (has_come(folder, rank, call)) {
            rank++;
        } else if (atomic_load(stop)) {
            accel_error_raise(ACCEL_EPEER, call,
                              "%s: process %d has not written its part, and training has ended", folder, rank);
        } else if (clock_seconds() >= until) {
            accel_error_raise(ACCEL_ETIMEOUT, call, "%s: process %d has not written its part in %g s", folder,
                              rank, seconds);
        } else if (!accel_error_is_set()) {
            nanosleep(&pause, NULL);
        }
    }
    return accel_error_status();
}

static accel_status take_part(manifest *m, const char *folder, int rank, const char *call)
{
    char name[LAYOUT_NAME];
    layout_numbered(name, LAYOUT_PART, (size_t)rank, ".json");
    manifest *part = manifest_read(folder, name, call);
    if (part)
        manifest_add_all(m, part);
    manifest_free(part);
    char *path = accel_error_is_set() ? NULL : file_join(folder, name);
    if (path && (!disk_step() || unlink(path) != 0))
        file_raise_errno(path, "cannot be removed");
    memory_free(path);
    return accel_error_status();
}

static accel_status sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return file_raise_errno(path, "cannot be read");
    if (!disk_step() || fsync(fd) != 0)
        file_raise_errno(path, "cannot be synced");
    close(fd);
    return accel_error_status();
}

/* What the program's own functions have written there: `inner` is the folder in it that is at hand, "" for itself. */
static accel_status take_others(manifest *m, const char *folder, const char *inner)
{
    char *path = *inner ? file_join(folder, inner) : memory_copy_string(folder);
    directory_list list = {0};
    if (path && directory_read(&list, path) == ACCEL_OK)
        directory_sync(path);
    for (size_t i = 0; i < list.count && !accel_error_is_set(); i++) {
        char *name = *inner ? file_join(inner, list.names[i]) : memory_copy_string(list.names[i]);
        char *full = name ? file_join(folder, name) : NULL;
        struct stat info = {0};
        if (full && lstat(full, &info) == 0 && S_ISDIR(info.st_mode))
            take_others(m, folder, name);
        else if (full && S_ISREG(info.st_mode) && !manifest_has(m, name) && strcmp(name, MANIFEST_NAME) != 0 &&
                 sync_file(full) == ACCEL_OK)
            manifest_add(m, name, full);
        memory_free(full);
        memory_free(name);
    }
    directory_list_free(&list);
    memory_free(path);
    return accel_error_status();
}

accel_status state_files_complete(const char *folder, int first, int count, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    manifest *m = manifest_create();
    for (int rank = first; m && rank < first + count && !accel_error_is_set(); rank++)
        take_part(m, folder, rank, call);
    if (m && !accel_error_is_set() && take_others(m, folder, "") == ACCEL_OK)
        manifest_write(m, folder, MANIFEST_NAME);
    manifest_free(m);
    return accel_error_status();
}
