#include "track/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

static accel_status fail(const journal *j, const char *what)
{
    return accel_error_raise(ACCEL_EIO, NULL, "%s: %s: %s", j->path, what, strerror(errno));
}

static void abandon(journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    memory_free(j->path);
    *j = (journal){0};
}

/* Two that write one file would take each other's lines away. Not every file system can tell. */
static accel_status lock(const journal *j)
{
    if (flock(j->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return accel_error_raise(ACCEL_EINVAL, NULL, "%s: a run of the same name is writing it", j->path);
    return ACCEL_OK;
}

/* A device has no size. */
static off_t size_of(int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);
    return end > 0 ? end : 0;
}

/* Nothing but the descriptor changes on failure, which it is without then. */
static accel_status open_file(journal *j, int flags)
{
    j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0666);
    if (j->fd < 0)
        return fail(j, "cannot be written");
    if (lock(j) == ACCEL_OK) {
        j->size = size_of(j->fd);
        return ACCEL_OK;
    }
    close(j->fd);
    j->fd = -1;
    return accel_error_status();
}

static accel_status open_with(journal *j, const char *path, int flags)
{
    RETURN_STATUS_IF_FAILED();
    *j = (journal){.path = memory_copy_string(path), .fd = -1};
    if (j->path && open_file(j, flags) != ACCEL_OK)
        abandon(j);
    return accel_error_status();
}

accel_status journal_open(journal *j, const char *path) { return open_with(j, path, 0); }

accel_status journal_create(journal *j, const char *path) { return open_with(j, path, O_EXCL); }

bool journal_ends_line(const journal *j)
{
    char last = '\n';
    return j->size == 0 || pread(j->fd, &last, 1, j->size - 1) != 1 || last == '\n';
}

accel_status journal_append(journal *j, const void *bytes, size_t size)
{
    RETURN_STATUS_IF_FAILED();
    assert(j->path);
    if (j->fd < 0 && open_file(j, 0) != ACCEL_OK)
        return accel_error_status();
    j->size = size_of(j->fd);
    if (file_write_fully(j->fd, j->path, bytes, size) == ACCEL_OK)
        j->size += (off_t)size;
    else if (ftruncate(j->fd, j->size) != 0) /* of what was written of it */
        error_append("; its last line is cut short");
    return accel_error_status();
}

accel_status journal_reopen(journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    return open_file(j, 0);
}

/* What cannot be synced, as a device, has nothing to lose. */
accel_status journal_close(journal *j)
{
    if (!j->path)
        return ACCEL_OK;
    if (j->fd >= 0 && fsync(j->fd) != 0 && errno != EINVAL && errno != EROFS)
        fail(j, "cannot be synced");
    abandon(j);
    return accel_error_status();
}
