#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/error.h"
#include "base/memory.h"

static accel_status status_of_errno(int error)
{
    return error == ENOENT || error == ENOTDIR ? ACCEL_ENOTFOUND : error == ENOMEM ? ACCEL_ENOMEM : ACCEL_EIO;
}

accel_status file_raise_errno(const char *path, const char *what)
{
    int error = errno;
    return accel_error_raise(status_of_errno(error), NULL, "%s: %s: %s", path, what, strerror(error));
}

int file_open_regular(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not wait for its writer */
    if (fd < 0) {
        file_raise_errno(path, "cannot be opened");
        return -1;
    }
    struct stat info;
    if (fstat(fd, &info) != 0) {
        file_raise_errno(path, "cannot be examined");
    } else if (!S_ISREG(info.st_mode)) {
        accel_error_raise(ACCEL_EINVAL, NULL, "%s: is not a regular file", path);
    } else {
        *size = (size_t)info.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

accel_status file_map_open(file_map *map, const char *path)
{
    *map = (file_map){0};
    size_t size = 0;
    int fd = file_open_regular(path, &size);
    if (fd < 0)
        return accel_error_status();
    /* Files may be larger than memory: what is never written needs no reserve. */
    void *data = size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0) : NULL;
    if (data == MAP_FAILED)
        file_raise_errno(path, "cannot be mapped");
    close(fd);
    if (data == MAP_FAILED)
        return accel_error_status();
    *map = (file_map){.data = data, .size = size};
    return ACCEL_OK;
}

void file_map_close(file_map *map)
{
    if (map->data)
        munmap((void *)map->data, map->size);
    *map = (file_map){0};
}

/* Reads until `size` bytes are there or the file ends; returns how many, or -1. */
static ssize_t read_fully(int fd, char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, data + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

char *file_read(const char *path, size_t *size)
{
    size_t expected = 0;
    int fd = file_open_regular(path, &expected);
    if (fd < 0)
        return NULL;
    char *data = memory_alloc(expected + 1, 1);
    if (!data)
        error_append(" of %s", path);
    ssize_t got = data ? read_fully(fd, data, expected) : 0;
    if (got < 0)
        file_raise_errno(path, "cannot be read");
    close(fd);
    if (!data || got < 0) {
        memory_free(data);
        return NULL;
    }
    data[got] = '\0';
    if (size)
        *size = (size_t)got;
    return data;
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool file_has_ending(const char *path, const char *ending)
{
    size_t size = strlen(path), length = strlen(ending);
    return size >= length && strcmp(path + size - length, ending) == 0;
}

bool file_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

size_t file_head(const char *path, void *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd < 0 ? -1 : read_fully(fd, bytes, size);
    if (fd >= 0)
        close(fd);
    return got > 0 ? (size_t)got : 0;
}

char *file_directory(const char *path)
{
    char *copy = memory_copy_string(path);
    char *directory = copy ? memory_copy_string(dirname(copy)) : NULL;
    memory_free(copy);
    return directory;
}

char *file_join(const char *directory, const char *name)
{
    size_t length = strlen(directory);
    const char *separator = length == 0 || directory[length - 1] == '/' ? "" : "/";
    size_t size = length + strlen(separator) + strlen(name) + 1;
    char *path = memory_alloc(size, 1);
    if (path)
        snprintf(path, size, "%s%s%s", directory, separator, name);
    return path;
}

/* A directory's entry is in the one above. */
static bool sync_parent(const char *path)
{
    char *parent = file_directory(path);
    int fd = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool synced =
        fd >= 0 && disk_step() && (fsync(fd) == 0 || errno == EINVAL); /* some file systems have none */
    int error = errno;
    if (fd >= 0)
        close(fd);
    memory_free(parent);
    errno = error;
    return synced;
}

/* Makes one directory, and its entry survive a power failure; one that is there already is fine. The reason of a failure is in errno. */
static bool make_directory(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return true;
    if (disk_step() && mkdir(path, 0777) == 0)
        return sync_parent(path);
    int error = errno;
    bool there = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    errno = error;
    return there;
}

accel_status file_make_directories(const char *path)
{
    RETURN_STATUS_IF_FAILED();
    char *partial = memory_copy_string(path);
    if (!partial)
        return accel_error_status();
    for (char *slash = partial + 1; slash[-1]; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        char kept = *slash;
        *slash = '\0';
        if (!make_directory(partial)) {
            file_raise_errno(partial, "cannot be made a directory");
            break;
        }
        *slash = kept;
        if (!kept)
            break;
    }
    memory_free(partial);
    return accel_error_status();
}

struct file_writer {
    int fd;
    accel_status failure; /* of a write: the file stays incomplete even if the thread's record is cleared */
    char *path, *temporary;
};

static atomic_size_t writes_until_failure;

void file_fail_write_at(size_t nth) { atomic_store(&writes_until_failure, nth); }

/* Counts down to an injected failure. */
static bool write_is_made_to_fail(void)
{
    size_t left = atomic_load(&writes_until_failure);
    if (left == 0)
        return false;
    atomic_store(&writes_until_failure, left - 1);
    return left == 1;
}

static void writer_free(file_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    memory_free(writer->path);
    memory_free(writer->temporary);
    memory_free(writer);
}

/* Makes a file that nobody else has: two writers of one path, or a link somebody left there, never meet. */
static int create_temporary(char *name, size_t size, const char *path)
{
    static atomic_uint serial;
    int fd = -1;
    for (int attempt = 0; fd < 0 && attempt < 1000; attempt++) {
        snprintf(name, size, "%s.%ld-%u.tmp", path, (long)getpid(), atomic_fetch_add(&serial, 1));
        fd = !disk_step() ? -1 : open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

/* Renaming over a device or a pipe would destroy it. */
static bool is_replaceable(const char *path)
{
    struct stat info;
    return stat(path, &info) != 0 || S_ISREG(info.st_mode);
}

file_writer *file_writer_open(const char *path)
{
    RETURN_NULL_IF_FAILED();
    if (!is_replaceable(path))
        return (accel_error_raise(ACCEL_EINVAL, NULL, "%s: is not a regular file", path), NULL);
    file_writer *writer = memory_alloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->fd = -1;
    size_t size = strlen(path) + 48;
    writer->path = memory_copy_string(path);
    writer->temporary = memory_alloc(size, 1);
    if (writer->path && writer->temporary) {
        writer->fd = create_temporary(writer->temporary, size, path);
        if (writer->fd >= 0)
            return writer;
        file_raise_errno(path, "cannot be written");
    }
    writer_free(writer);
    return NULL;
}

accel_status file_write_fully(int fd, const char *path, const void *bytes, size_t size)
{
    const char *from = bytes;
    while (size > 0) {
        errno = ENOSPC;
        ssize_t done = write_is_made_to_fail() || !disk_step() ? -1 : write(fd, from, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return file_raise_errno(path, "cannot be written");
        from += done;
        size -= (size_t)done;
    }
    return ACCEL_OK;
}

accel_status file_writer_write(file_writer *writer, const void *bytes, size_t size)
{
    if (writer->failure != ACCEL_OK)
        return accel_error_raise(writer->failure, NULL, "%s: an earlier write failed", writer->path);
    writer->failure = accel_error_status();
    if (writer->failure == ACCEL_OK)
        writer->failure = file_write_fully(writer->fd, writer->path, bytes, size);
    return writer->failure;
}

/* Makes the new name itself survive a power failure. Cuts `path` to its directory. */
static void sync_directory_of(char *path)
{
    int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (disk_step())
        fsync(fd);
    close(fd);
}

/* Takes the writer. Where `syncs` is true, the directory is synced, too. */
static accel_status commit(file_writer *writer, bool syncs)
{
    accel_status status = accel_error_status();
    if (status == ACCEL_OK && writer->failure != ACCEL_OK)
        status = accel_error_raise(writer->failure, NULL, "%s: an earlier write failed", writer->path);
    if (status == ACCEL_OK && (!disk_step() || fsync(writer->fd) != 0))
        status = file_raise_errno(writer->path, "cannot be synced");
    if (status == ACCEL_OK && (!disk_step() || rename(writer->temporary, writer->path) != 0))
        status = file_raise_errno(writer->path, "cannot be renamed");
    if (status != ACCEL_OK)
        unlink(writer->temporary);
    else if (syncs)
        sync_directory_of(writer->path);
    writer_free(writer);
    return status;
}

accel_status file_writer_commit(file_writer *writer) { return commit(writer, true); }
accel_status file_writer_commit_within(file_writer *writer) { return commit(writer, false); }

const char *file_writer_temporary(const file_writer *writer) { return writer->temporary; }

void file_writer_flush(file_writer *writer)
{
    if (writer)
        (void)!sync_file_range(writer->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

void file_writer_abandon(file_writer *writer)
{
    if (!writer)
        return;
    unlink(writer->temporary);
    writer_free(writer);
}

accel_status file_write_atomic(const char *path, const void *bytes, size_t size)
{
    file_writer *writer = file_writer_open(path);
    if (!writer)
        return accel_error_status();
    file_writer_write(writer, bytes, size);
    return file_writer_commit(writer);
}
