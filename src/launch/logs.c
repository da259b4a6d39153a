#include "launch/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

/* Found or not, it is no program that is missing: launch.h tells that by the status. */
static accel_status make_directories(const char *path)
{
    accel_error kept = {0};
    if (!path || file_make_directories(path) == ACCEL_OK)
        return accel_error_status();
    error_take(&kept);
    kept.status = ACCEL_EIO;
    error_restore(&kept);
    return ACCEL_EIO;
}

char *logs_create_run(const char *parent)
{
    char *run = parent && make_directories(parent) == ACCEL_OK ? file_join(parent, "none_XXXXXX") : NULL;
    if (!run || mkdtemp(run))
        return run;
    file_raise_errno(run, "cannot be made a directory");
    memory_free(run);
    return NULL;
}

accel_status logs_create(logs *l, const char *run, int attempt)
{
    buffer path = {0};
    *l = (logs){0};
    if (run && buffer_printf(&path, "%s/attempt_%d", run, attempt) == ACCEL_OK)
        make_directories(path.data);
    l->folder = path.data;
    return accel_error_status();
}

void logs_dispose(logs *l) { memory_free(l->folder); }

static accel_status name_file(const logs *l, int local, int sink, buffer *path)
{
    return buffer_printf(path, "%s/%d/%s.log", l->folder, local, sink == 0 ? "stdout" : "stderr");
}

static accel_status make_folder(const logs *l, int local)
{
    buffer path = {0};
    if (buffer_printf(&path, "%s/%d", l->folder, local) == ACCEL_OK)
        make_directories(path.data);
    buffer_dispose(&path);
    return accel_error_status();
}

accel_status logs_open(const logs *l, int local, int sink, int *fd)
{
    buffer path = {0};
    *fd = -1;
    if (!l->folder)
        return accel_error_status();
    if (make_folder(l, local) == ACCEL_OK && name_file(l, local, sink, &path) == ACCEL_OK) {
        *fd = open(path.data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (*fd < 0)
            file_raise_errno(path.data, "cannot be opened");
    }
    buffer_dispose(&path);
    return accel_error_status();
}

/* Behind the n-th line break from the end. */
static const char *find_last_lines(const char *text, size_t size, int lines)
{
    const char *at = text + size;
    while (at > text && (at == text + size || at[-1] != '\n' || --lines > 0))
        at--;
    return at;
}

void logs_read_end(const logs *l, int local, char *text, size_t size)
{
    enum { LINES = 10 };
    buffer path = {0};
    text[0] = '\0';
    int fd = -1;
    if (l->folder && name_file(l, local, 1, &path) == ACCEL_OK)
        fd = open(path.data, O_RDONLY | O_CLOEXEC);
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0, begin = end > (off_t)size - 1 ? end - (off_t)size + 1 : 0;
    ssize_t got = fd >= 0 ? pread(fd, text, size - 1, begin) : 0;
    text[got > 0 ? got : 0] = '\0';
    const char *lines = find_last_lines(text, strlen(text), LINES);
    memmove(text, lines, strlen(lines) + 1);
    if (fd >= 0)
        close(fd);
    buffer_dispose(&path);
}
