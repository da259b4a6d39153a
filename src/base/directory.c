#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

/* ---- what is in one ---- */

static accel_status add_name(directory_list *list, size_t *capacity, const char *name)
{
    if (list->count == *capacity) {
        size_t more = *capacity ? 2 * *capacity : 16;
        char **names = memory_resize(list->names, more, sizeof *names);
        if (!names)
            return accel_error_status();
        list->names = names;
        *capacity = more;
    }
    char *copy = memory_copy_string(name);
    if (copy)
        list->names[list->count++] = copy;
    return accel_error_status();
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

accel_status directory_read(directory_list *list, const char *path)
{
    *list = (directory_list){0};
    size_t capacity = 0;
    DIR *directory = opendir(path);
    if (!directory)
        return errno == ENOENT ? ACCEL_OK : file_raise_errno(path, "cannot be read");
    errno = 0;
    for (struct dirent *entry; (entry = readdir(directory)); errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            add_name(list, &capacity, entry->d_name) != ACCEL_OK)
            break;
    if (errno != 0)
        file_raise_errno(path, "cannot be read");
    closedir(directory);
    if (list->count > 0)
        qsort(list->names, list->count, sizeof *list->names, compare_names);
    if (accel_error_is_set())
        directory_list_free(list);
    return accel_error_status();
}

void directory_list_free(directory_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        memory_free(list->names[i]);
    memory_free(list->names);
    *list = (directory_list){0};
}

/* Whether a directory, rather than a link to one, is there. */
static bool is_directory(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_there(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

/* ---- one ---- */

accel_status directory_make(const char *path)
{
    RETURN_STATUS_IF_FAILED();
    return disk_step() && mkdir(path, 0777) == 0 ? ACCEL_OK
                                                 : file_raise_errno(path, "cannot be made a directory");
}

accel_status directory_sync(const char *path)
{
    RETURN_STATUS_IF_FAILED();
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_raise_errno(path, "cannot be opened");
    if ((!disk_step() || fsync(fd) != 0) && errno != EINVAL &&
        errno != ENOTSUP) /* which some file systems say of directories */
        file_raise_errno(path, "cannot be synced");
    close(fd);
    return accel_error_status();
}

/* Who had it locked may have removed it meanwhile, and somebody made another one of that name. */
static bool is_still(int fd, const char *path)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

int directory_lock(const char *path, bool *held)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    *held = false;
    if (fd < 0)
        return -1;
    bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
    *held = !locked && errno == EWOULDBLOCK;
    if (locked && is_still(fd, path))
        return fd;
    close(fd);
    return -1;
}

/* ---- whole trees: each function meets the names of a directory one by one ---- */

static accel_status remove_file(const char *path)
{
    return disk_step() && (unlink(path) == 0 || errno == ENOENT) ? ACCEL_OK
                                                                 : file_raise_errno(path, "cannot be removed");
}

static accel_status remove_empty(const char *path)
{
    return disk_step() && (rmdir(path) == 0 || errno == ENOENT) ? ACCEL_OK
                                                                : file_raise_errno(path, "cannot be removed");
}

accel_status directory_remove(const char *path)
{
    RETURN_STATUS_IF_FAILED();
    directory_list list;
    if (directory_read(&list, path) != ACCEL_OK)
        return accel_error_status();
    for (size_t i = 0; i < list.count && !accel_error_is_set(); i++) {
        char *inner = file_join(path, list.names[i]);
        if (inner)
            is_directory(inner) ? directory_remove(inner) : remove_file(inner);
        memory_free(inner);
    }
    directory_list_free(&list);
    return accel_error_is_set() ? accel_error_status() : remove_empty(path);
}

accel_status directory_move(const char *from, const char *to)
{
    RETURN_STATUS_IF_FAILED();
    int result = disk_step() ? renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) : -1;
    if (result != 0 && (errno == EINVAL || errno == ENOSYS) && !is_there(to))
        result = rename(from, to);
    return result == 0 ? ACCEL_OK : file_raise_errno(to, "cannot be put in place");
}

accel_status directory_swap(const char *one, const char *other)
{
    RETURN_STATUS_IF_FAILED();
    if (disk_step() && renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0)
        return ACCEL_OK;
    if (errno == EINVAL || errno == ENOSYS)
        return ACCEL_EUNSUPPORTED;
    return file_raise_errno(other, "cannot be put in place");
}

/* ---- two trees ---- */

static bool is_left_out(const directory_filter *filter, const char *name)
{
    return filter && filter->leaves_out(filter->user, name);
}

typedef accel_status meeting(const char *from, const char *into, bool left_out);

/* Each name of one directory with the same one in the other, whatever becomes of the ones before; the first failure stays. */
static accel_status meet_all(const char *from, const char *into, const directory_filter *filter, meeting *meet)
{
    directory_list list;
    accel_error first = {0};
    if (directory_read(&list, from) != ACCEL_OK)
        return accel_error_status();
    for (size_t i = 0; i < list.count; i++) {
        char *inner = file_join(from, list.names[i]), *there = inner ? file_join(into, list.names[i]) : NULL;
        if (there)
            meet(inner, there, is_left_out(filter, list.names[i]));
        memory_free(inner);
        memory_free(there);
        if (first.status == ACCEL_OK)
            error_take(&first);
        accel_error_clear();
    }
    directory_list_free(&list);
    error_restore(&first);
    return accel_error_status();
}

/* What has no second name can still be moved later, unless it is where nothing may be changed. */
static accel_status check_movable(const char *from, const struct stat *what, const char *into)
{
    struct stat place = {0};
    char *parent = file_directory(from), *other = parent ? file_directory(into) : NULL;
    bool movable =
        other && access(parent, W_OK | X_OK) == 0 && stat(other, &place) == 0 && place.st_dev == what->st_dev;
    memory_free(parent);
    memory_free(other);
    if (movable || accel_error_is_set())
        return accel_error_status();
    return accel_error_raise(ACCEL_EIO, NULL, "%s: would not stay, since it can be neither linked nor moved",
                             from);
}

static accel_status link_directory(const char *from, const struct stat *what, const char *into)
{
    struct stat place;
    if (!disk_step() || (mkdir(into, 0777) != 0 && errno != EEXIST) || stat(into, &place) != 0)
        return file_raise_errno(into, "cannot be made a directory");
    if (place.st_dev != what->st_dev)
        return accel_error_raise(ACCEL_EIO, NULL, "%s: would not stay, since it is another file system", from);
    (void)!chmod(into, what->st_mode & 07777);
    return directory_link(from, into, NULL);
}

static accel_status link_one(const char *from, const char *into, bool left_out)
{
    struct stat what;
    if (left_out || lstat(from, &what) != 0)
        return ACCEL_OK;
    if (S_ISDIR(what.st_mode))
        return link_directory(from, &what, into);
    if (!disk_step() || linkat(AT_FDCWD, from, AT_FDCWD, into, 0) == 0 || errno == EEXIST)
        return ACCEL_OK;
    return check_movable(from, &what, into);
}

accel_status directory_link(const char *from, const char *into, const directory_filter *filter)
{
    RETURN_STATUS_IF_FAILED();
    return meet_all(from, into, filter, link_one);
}

static accel_status merge_one(const char *from, const char *into, bool left_out)
{
    if (is_directory(from) && is_directory(into))
        return directory_merge(from, into, NULL);
    if (left_out || is_there(into))
        return is_directory(from) ? directory_remove(from) : remove_file(from);
    if (disk_step() && (rename(from, into) == 0 || errno == ENOENT))
        return ACCEL_OK;
    return file_raise_errno(from, "cannot be moved");
}

accel_status directory_merge(const char *from, const char *into, const directory_filter *filter)
{
    RETURN_STATUS_IF_FAILED();
    if (meet_all(from, into, filter, merge_one) != ACCEL_OK)
        return accel_error_status();
    return remove_empty(from);
}
