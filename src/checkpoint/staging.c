#include "checkpoint/staging.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <accel/log.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/layout.h"
#include "checkpoint/manifest.h"

struct staging {
    char *target; /* without links */
    char *place;  /* the folder that hidden ones are in */
    char *folder; /* the hidden one */
    uint64_t number;
    bool made;
    bool keeps; /* what others put there meanwhile */
    int lock;   /* -1: none */
};

static const char nested[] = "checkpoints", inside[] = "checkpoints+";

/* What hidden folders are for, as their names say. */
static const char saving[] = "saving", replaced[] = "replaced", removing[] = "removing";

/* ---- names ---- */

static char *format(const char *place, const char *prefix, const char *name, const char *purpose,
                    uint64_t number)
{
    size_t size = strlen(place) + strlen(prefix) + strlen(name) + strlen(purpose) + 32;
    char *path = memory_alloc(size, 1);
    if (path)
        snprintf(path, size, "%s/.%s%s.%s-%016" PRIx64, place, prefix, name, purpose, number);
    return path;
}

static const char *last_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "/a/checkpoints/one" has them in "/a", as ".checkpoints+one…"; "/a/one" in "/a", as ".one…", and "/a/+one" as ".++one…". */
static accel_status find_place(staging *s)
{
    char *parent = file_directory(s->target);
    bool is_nested = parent && strcmp(last_of(parent), nested) == 0;
    s->place = is_nested ? file_directory(parent) : parent;
    if (is_nested)
        memory_free(parent);
    return accel_error_status();
}

static char *hidden(const staging *s, const char *purpose)
{
    const char *name = last_of(s->target);
    bool is_nested = strncmp(s->target + strlen(s->place) + (s->place[1] != '\0'), "checkpoints/", 12) == 0;
    bool looks_nested = name[0] == '+' || strncmp(name, inside, sizeof inside - 1) == 0;
    return format(s->place, is_nested ? inside : looks_nested ? "+" : "", name, purpose, s->number);
}

/* The path that `target` leads to; its last part need not be there. */
static char *resolve(const char *target, bool makes)
{
    char full[PATH_MAX];
    if (realpath(target, full)) {
        if (strcmp(full, "/") == 0)
            accel_error_raise(ACCEL_EINVAL, NULL, "%s: names no folder", target);
        return accel_error_is_set() ? NULL : memory_copy_string(full);
    }
    char *copy = memory_copy_string(target);
    for (size_t length = copy ? strlen(copy) : 0; length > 1 && copy[length - 1] == '/'; length--)
        copy[length - 1] = '\0';
    char *parent = copy ? file_directory(copy) : NULL, *path = NULL;
    const char *last = copy ? last_of(copy) : "";
    if (parent && (!*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0))
        accel_error_raise(ACCEL_EINVAL, NULL, "%s: names no folder", target);
    if (parent && makes && !accel_error_is_set())
        file_make_directories(parent);
    if (parent && !accel_error_is_set()) {
        if (realpath(parent, full))
            path = file_join(full, last);
        else
            file_raise_errno(parent, "cannot be found");
    }
    memory_free(parent);
    memory_free(copy);
    return path;
}

uint64_t staging_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
        number = (uint64_t)getpid() << 32 ^ (uint64_t)time(NULL);
    return number;
}

/* ---- life ---- */

static void free_staging(staging *s)
{
    if (!s)
        return;
    if (s->lock >= 0)
        close(s->lock);
    memory_free(s->target);
    memory_free(s->place);
    memory_free(s->folder);
    memory_free(s);
}

/* The process would find itself in a folder that is gone. */
static accel_status check_not_here(const char *target, const char *call)
{
    char here[PATH_MAX];
    size_t length = strlen(target);
    if (!getcwd(here, sizeof here) || strncmp(here, target, length) != 0 ||
        (here[length] && here[length] != '/'))
        return accel_error_status();
    return accel_error_raise(
        ACCEL_EINVAL, call, "%s: this process works in there: a folder inside of it can be saved into", target);
}

static void await_removal(const char *folder)
{
    enum { LOOKS = 1000 }; /* a millisecond apart */
    for (int i = 0; i < LOOKS && file_is_directory(folder); i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Between its making and its locking somebody's sweep may take it for one that was left. */
static accel_status make_folder(staging *s, const char *call)
{
    enum { ATTEMPTS = 8 };
    if (file_exists(s->target) && !file_is_directory(s->target))
        return accel_error_raise(ACCEL_EINVAL, call, "%s: is a file, not a folder", s->target);
    if (check_not_here(s->target, call) != ACCEL_OK)
        return accel_error_status();
    for (int attempt = 0; attempt < ATTEMPTS && !s->made && directory_make(s->folder) == ACCEL_OK; attempt++) {
        bool held;
        s->lock = directory_lock(s->folder, &held);
        s->made = !held && file_is_directory(s->folder);
        if (!s->made && s->lock >= 0)
            close(s->lock);
        if (held) /* its sweeper is about to remove it */
            await_removal(s->folder);
    }
    if (!s->made && !accel_error_is_set())
        accel_error_raise(ACCEL_EIO, call, "%s: is removed as soon as it is made", s->folder);
    return accel_error_status();
}

staging *staging_open(const char *target, uint64_t number, bool makes, const char *call)
{
    RETURN_NULL_IF_FAILED();
    staging *s = memory_alloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (staging){.number = number, .lock = -1};
    s->target = resolve(target, makes);
    if (s->target && find_place(s) == ACCEL_OK)
        s->folder = hidden(s, saving);
    if (s->folder && makes)
        make_folder(s, call);
    else if (s->folder && !file_is_directory(s->folder))
        accel_error_raise(ACCEL_ENOTFOUND, call,
                          "%s: is not there: processes of other machines see another disk, for which there is "
                          "save_on_each_node",
                          s->folder);
    if (!accel_error_is_set())
        return s;
    free_staging(s);
    return NULL;
}

void staging_keep_others(staging *s)
{
    if (s)
        s->keeps = true;
}

const char *staging_folder(const staging *s) { return s->folder; }

void staging_abandon(staging *s)
{
    if (s && s->made)
        accel_try(unused) {
            (void)unused;
            directory_remove(s->folder);
        }
    free_staging(s);
}

/* ---- into place ---- */

/* Whether a file belongs to the state that was there: by its name, or since it was saved with it. The user is the manifest, NULL for
   none. */
static bool is_part(const void *user, const char *name)
{
    return layout_is_own(name) || (user && manifest_has(user, name));
}

/* What has a name of a state's, and is of none, would be taken for a part of the new one. */
static accel_status check_others(const char *folder, const manifest *m, const char *call)
{
    directory_list list;
    if (layout_first_numbered(folder, LAYOUT_RANDOM, ".pkl") >= 0 &&
        !m) /* one of Python's, or what is left of one */
        return accel_error_status();
    if (directory_read(&list, folder) != ACCEL_OK)
        return accel_error_status();
    for (size_t i = 0; i < list.count && !accel_error_is_set(); i++) {
        const char *name = list.names[i];
        if (layout_is_named(name) && strcmp(name, MANIFEST_NAME) != 0 && !(m && manifest_has(m, name)))
            accel_error_raise(ACCEL_EINVAL, call,
                              "%s: has %s, which is no part of a training state: save into another folder",
                              folder, name);
    }
    directory_list_free(&list);
    return accel_error_status();
}

/* NULL where the folder has none, and with a failure recorded where it cannot be told. */
static manifest *find_manifest(const char *folder, const char *call)
{
    RETURN_NULL_IF_FAILED();
    manifest *m = manifest_read(folder, MANIFEST_NAME, call);
    if (manifest_blames_folder(accel_error_status()))
        accel_error_clear();
    return m;
}

/* `old` has what was at the target before: what is no part of that state, and came after the links were made, still moves. */
static void discard(const char *old, const char *target, const char *call)
{
    accel_try(error) {
        manifest *m = find_manifest(old, call);
        if (accel_error_is_set() || directory_merge(old, target, &(directory_filter){is_part, m}) != ACCEL_OK)
            accel_log_line(ACCEL_LOG_WARNING, "%s: %s", call, error->message);
        manifest_free(m);
    }
}

static accel_status sync_places(const staging *s)
{
    char *parent = file_directory(s->target);
    if (parent && directory_sync(parent) == ACCEL_OK && strcmp(parent, s->place) != 0)
        directory_sync(s->place);
    memory_free(parent);
    return accel_error_status();
}

/* The old one comes back where the new one cannot be moved, or not for good. */
static accel_status replace_in_two_steps(staging *s, const char *call)
{
    char *old = hidden(s, replaced);
    if (!old || directory_move(s->target, old) != ACCEL_OK) {
        memory_free(old);
        return accel_error_status();
    }
    bool moved = directory_move(s->folder, s->target) == ACCEL_OK;
    if (moved && sync_places(s) == ACCEL_OK)
        discard(old, s->target, call);
    else accel_try(unused) {
        (void)unused;
        if (!moved || directory_move(s->target, s->folder) == ACCEL_OK)
            directory_move(old, s->target);
    }
    memory_free(old);
    return accel_error_status();
}

static accel_status link_others(const staging *s, const char *call)
{
    manifest *m = find_manifest(s->target, call);
    if (!accel_error_is_set() && check_others(s->target, m, call) == ACCEL_OK)
        directory_link(s->target, s->folder, &(directory_filter){is_part, m});
    manifest_free(m);
    return accel_error_is_set() ? accel_error_status() : directory_sync(s->folder);
}

/* Under a name by which it is never taken for a save that was cut off. */
static void discard_swapped(const staging *s, const char *call)
{
    char *old = NULL;
    bool moved = false;
    accel_try(unused) {
        (void)unused;
        old = hidden(s, replaced);
        moved = old && directory_move(s->folder, old) == ACCEL_OK;
    }
    discard(moved ? old : s->folder, s->target, call);
    memory_free(old);
}

static accel_status settle_swapped(staging *s, const char *call)
{
    s->made = false; /* the old one has that name */
    if (sync_places(s) == ACCEL_OK)
        discard_swapped(s, call);
    else accel_try(unused) {
        (void)unused;
        s->made = directory_swap(s->folder, s->target) == ACCEL_OK;
    }
    return accel_error_status();
}

static accel_status replace(staging *s, const char *call)
{
    if (link_others(s, call) != ACCEL_OK)
        return accel_error_status();
    bool held;
    int lock = directory_lock(s->target,
                              &held); /* of the old one: no sweep ends it before it is clear which one stays */
    accel_status swapped = directory_swap(s->folder, s->target);
    if (!accel_error_is_set())
        swapped == ACCEL_EUNSUPPORTED ? replace_in_two_steps(s, call) : settle_swapped(s, call);
    if (lock >= 0)
        close(lock);
    return accel_error_status();
}

/* What is not known to be there for good goes away again. */
static accel_status put_in_free_place(const staging *s)
{
    if (directory_move(s->folder, s->target) == ACCEL_OK && sync_places(s) != ACCEL_OK)
        accel_try(unused) {
            (void)unused;
            directory_move(s->target, s->folder);
        }
    return accel_error_status();
}

static accel_status put_in_place(staging *s, const char *call)
{
    if (directory_sync(s->folder) != ACCEL_OK)
        return accel_error_status();
    if (s->keeps && file_exists(s->target))
        return accel_error_raise(ACCEL_EINVAL, call, "%s: is there by now: another program has saved it",
                                 s->target);
    if (file_is_directory(s->target))
        return replace(s, call);
    accel_error failure;
    accel_try(unused) {
        (void)unused;
        put_in_free_place(s);
        error_take(&failure);
    }
    if (failure.status != ACCEL_OK && !s->keeps &&
        file_is_directory(s->target)) /* another program was faster */
        return replace(s, call);
    error_restore(&failure);
    return accel_error_status();
}

accel_status staging_commit(staging *s, const char *call)
{
    accel_status status = accel_error_status();
    if (status == ACCEL_OK)
        status = put_in_place(s, call);
    if (status == ACCEL_OK)
        free_staging(s);
    else
        staging_abandon(s);
    return status;
}

accel_status staging_remove(const char *target)
{
    RETURN_STATUS_IF_FAILED();
    staging s = {.target = resolve(target, false), .number = staging_number(), .lock = -1};
    char *away = s.target && find_place(&s) == ACCEL_OK ? hidden(&s, removing) : NULL;
    if (away && directory_move(s.target, away) == ACCEL_OK)
        directory_remove(away);
    memory_free(away);
    memory_free(s.place);
    memory_free(s.target);
    return accel_error_status();
}

/* ---- what others left ---- */

/* ".checkpoints+one.saving-0123456789abcdef": its purpose, and the path that it is for: new; NULL for another name. */
static char *parse(const char *place, const char *name, const char **purpose)
{
    static const char *const purposes[] = {saving, replaced, removing};
    const char *dash = strrchr(name, '-');
    if (name[0] != '.' || !dash || strspn(dash + 1, "0123456789abcdef") != 16 || dash[17])
        return NULL;
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++) {
        size_t length = strlen(purposes[i]), before = (size_t)(dash - name);
        if (before < length + 3 || strncmp(dash - length, purposes[i], length) != 0 ||
            dash[-(long)length - 1] != '.')
            continue;
        *purpose = purposes[i];
        size_t escape = name[1] == '+';
        char *inner = memory_copy_bytes(name + 1 + escape, before - length - 2 - escape);
        if (inner && !escape && strncmp(inner, inside, sizeof inside - 1) == 0)
            inner[sizeof inside - 2] = '/';
        char *target = inner ? file_join(place, inner) : NULL;
        memory_free(inner);
        return target;
    }
    return NULL;
}

/* ACCEL_OK for one that is complete, another status that manifest_blames_folder for one that is not. */
static accel_status find_out(const char *folder, const char *call)
{
    accel_status status = ACCEL_OK;
    accel_try(unused) {
        (void)unused;
        manifest *m = manifest_read(folder, MANIFEST_NAME, call);
        if (m)
            manifest_check_sizes(m, folder, call);
        manifest_free(m);
        status = accel_error_status();
    }
    return status;
}

/* One that is complete was about to be put in place; one that was replaced comes back if nothing took its place. In one that is not
   complete there is nothing that is not elsewhere. */
static void end_one(const char *folder, const char *target, const char *purpose, const char *call)
{
    accel_status status = purpose == saving ? find_out(folder, call) : ACCEL_OK;
    bool there = file_exists(target), whole = purpose != removing && status == ACCEL_OK;
    if (status != ACCEL_OK && !manifest_blames_folder(status))
        return; /* it is not known what it is */
    if (there && whole) {
        discard(folder, target, call);
        return;
    }
    accel_try(error) {
        if (!whole)
            directory_remove(folder);
        else if (directory_move(folder, target) == ACCEL_OK)
            accel_log_line(ACCEL_LOG_WARNING, "%s: %s was complete but not in place, and is now", call, target);
        if (accel_error_is_set())
            accel_log_line(ACCEL_LOG_WARNING, "%s: %s", call, error->message);
    }
}

/* First those that are about to be put in place: one that they replaced does not come back then. */
static void sweep_place(const char *place, const char *purpose, const char *call)
{
    directory_list list;
    if (directory_read(&list, place) != ACCEL_OK)
        return;
    for (size_t i = 0; i < list.count && !accel_error_is_set(); i++) {
        const char *found = NULL;
        char *target = parse(place, list.names[i], &found);
        char *folder = target ? file_join(place, list.names[i]) : NULL;
        bool held;
        int lock = folder && found == purpose ? directory_lock(folder, &held) : -1;
        if (lock >= 0) {
            end_one(folder, target, purpose, call);
            close(lock);
        }
        memory_free(folder);
        memory_free(target);
    }
    directory_list_free(&list);
}

void staging_sweep(const char *target, const char *call)
{
    accel_try(unused) {
        (void)unused;
        staging s = {.target = resolve(target, false)};
        if (s.target && find_place(&s) == ACCEL_OK) {
            sweep_place(s.place, saving, call);
            sweep_place(s.place, replaced, call);
            sweep_place(s.place, removing, call);
        }
        memory_free(s.place);
        memory_free(s.target);
    }
}
