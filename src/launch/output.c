#include "launch/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <accel/log.h>

#include "base/error.h"
#include "base/memory.h"
#include "launch/call.h"

enum {
    CHUNK = 1 << 16,     /* what a pipe holds */
    LINE_MAX = 1 << 20,  /* a longer line goes in pieces */
    QUEUE_MAX = 1 << 20, /* the length at which a sink asks for no more */
    WRITE_MAX = 4096     /* as much as a pipe that poll calls writable takes without waiting (PIPE_BUF) */
};

accel_status output_open(output *o, int num_processes)
{
    *o = (output){.sinks = {{.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}}};
    o->streams = memory_alloc((size_t)num_processes * 2, sizeof *o->streams);
    return accel_error_status();
}

accel_status output_add(output *o, int rank, int sink, int log, int *fd)
{
    int ends[2];
    bool made = pipe2(ends, O_CLOEXEC) == 0;
    if (!made && log >= 0)
        close(log);
    if (!made)
        return accel_error_raise(ACCEL_EIO, LAUNCH_CALL, "no pipe for the output of process %d: %s", rank,
                                 strerror(errno));
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    o->streams[o->count++] = (output_stream){.fd = ends[0], .rank = rank, .log = log, .sink = &o->sinks[sink]};
    *fd = ends[1];
    return ACCEL_OK;
}

/* ---- in ---- */

static void keep(output_stream *s, const char *bytes, size_t size)
{
    const char *end = memrchr(bytes, '\n', size);
    if (buffer_append(&s->kept, bytes, size) != ACCEL_OK)
        s->sink->error = ENOMEM;
    else if (end)
        s->whole = s->kept.size - (size_t)(bytes + size - end - 1);
}

static void end_stream(output_stream *s)
{
    close(s->fd);
    s->fd = -1;
    if (s->log >= 0)
        close(s->log);
    s->log = -1;
}

static void write_log(output_stream *s, const char *bytes, size_t size)
{
    while (s->log >= 0 && size > 0) {
        ssize_t put = write(s->log, bytes, size);
        if (put < 0 && errno != EINTR) {
            s->log_error = errno;
            close(s->log);
            s->log = -1;
        }
        bytes += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
    }
}

/* False when there was nothing to read. */
static bool read_stream(output_stream *s)
{
    char bytes[CHUNK];
    ssize_t got = read(s->fd, bytes, sizeof bytes);
    if (got > 0) {
        write_log(s, bytes, (size_t)got);
        keep(s, bytes, (size_t)got);
    }
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        end_stream(s);
    return got > 0;
}

/* ---- across ---- */

static size_t queued(const output_sink *sink) { return sink->queue.size - sink->done; }

static bool is_full(const output_sink *sink) { return queued(sink) >= QUEUE_MAX; }

/* A line, or a piece of one. */
static void put(output_stream *s, const char *bytes, size_t size)
{
    output_sink *sink = s->sink;
    if (sink->closed)
        return;
    if ((sink->open != s && buffer_printf(&sink->queue, "[%d] ", s->rank) != ACCEL_OK) ||
        buffer_append(&sink->queue, bytes, size) != ACCEL_OK)
        sink->error = ENOMEM;
    sink->open = bytes[size - 1] == '\n' ? NULL : s;
}

static void end_open_line(output_sink *sink)
{
    sink->open = NULL;
    if (buffer_append(&sink->queue, "\n", 1) != ACCEL_OK)
        sink->error = ENOMEM;
}

/* Whether some of what is kept can, or must, be passed on now. */
static bool is_due(const output_stream *s)
{
    const output_sink *sink = s->sink;
    if (is_full(sink))
        return false;
    if (s->kept.size > LINE_MAX)
        return true;
    if (sink->open && sink->open != s)
        return false;
    return s->whole > 0 || (sink->open == s && (s->kept.size > 0 || s->fd < 0)) ||
           (s->fd < 0 && s->kept.size > 0);
}

static void pass_on(output_stream *s)
{
    output_sink *sink = s->sink;
    buffer *kept = &s->kept;
    size_t at = 0;
    if (sink->open && sink->open != s)
        end_open_line(sink);
    while (at < s->whole) {
        const char *line = kept->data + at, *end = memchr(line, '\n', s->whole - at);
        put(s, line, (size_t)(end - line) + 1);
        at += (size_t)(end - line) + 1;
    }
    size_t rest = kept->size - at;
    if (rest > 0 && (sink->open == s || rest > LINE_MAX || s->fd < 0)) {
        put(s, kept->data + at, rest);
        rest = 0;
    }
    if (sink->open == s && s->fd < 0)
        end_open_line(sink);
    if (rest > 0)
        memmove(kept->data, kept->data + at, rest);
    kept->size = rest;
    s->whole = 0;
}

/* False when there was nothing to pass on. */
static bool pass_on_what_is_due(output *o)
{
    bool some = false;
    for (size_t i = 0; i < o->count; i++) {
        if (!is_due(&o->streams[i]))
            continue;
        pass_on(&o->streams[i]);
        some = true;
    }
    return some;
}

/* ---- out ---- */

/* Who goes away has read enough, and training goes on; anything else is a loss. */
static void close_sink(output_sink *sink, int error)
{
    if (error == EPIPE)
        accel_log_line(ACCEL_LOG_WARNING, "nobody reads standard %s any more; the processes go on",
                       sink->fd == STDOUT_FILENO ? "output" : "error");
    sink->closed = true;
    sink->done = 0;
    sink->open = NULL;
    if (error != EPIPE)
        sink->error = error;
    buffer_dispose(&sink->queue);
}

/* What was written makes place once it is half of the queue, so that no byte is moved often. */
static void make_place(output_sink *sink)
{
    if (sink->done < sink->queue.size / 2 + 1)
        return;
    memmove(sink->queue.data, sink->queue.data + sink->done, queued(sink));
    sink->queue.size -= sink->done;
    sink->done = 0;
}

static void write_sink(output_sink *sink)
{
    while (queued(sink) > 0) {
        struct pollfd place = {.fd = sink->fd, .events = POLLOUT};
        if (poll(&place, 1, 0) != 1)
            return;
        size_t size = queued(sink) < WRITE_MAX ? queued(sink) : WRITE_MAX;
        ssize_t put = write(sink->fd, sink->queue.data + sink->done, size);
        if (put < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (put < 0) {
            close_sink(sink, errno);
            return;
        }
        sink->done += (size_t)put;
        make_place(sink);
    }
}

/* ---- both ---- */

size_t output_places(int num_processes) { return (size_t)num_processes * 2 + 2; }

size_t output_watch(const output *o, struct pollfd *places)
{
    size_t used = 0;
    for (size_t i = 0; i < o->count; i++)
        if (o->streams[i].fd >= 0 && !is_full(o->streams[i].sink))
            places[used++] = (struct pollfd){.fd = o->streams[i].fd, .events = POLLIN};
    for (int i = 0; i < 2; i++)
        if (queued(&o->sinks[i]) > 0)
            places[used++] = (struct pollfd){.fd = o->sinks[i].fd, .events = POLLOUT};
    return used;
}

/* What is written makes place for more. */
static void pass_and_write(output *o)
{
    bool more;
    do {
        more = pass_on_what_is_due(o);
        for (int i = 0; i < 2; i++)
            write_sink(&o->sinks[i]);
    } while (more);
}

void output_move(output *o)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->streams[i].fd >= 0 && !is_full(o->streams[i].sink))
            read_stream(&o->streams[i]);
    pass_and_write(o);
}

static bool has_more(const output *o)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->streams[i].fd >= 0 || o->streams[i].kept.size > 0)
            return true;
    return queued(&o->sinks[0]) > 0 || queued(&o->sinks[1]) > 0;
}

bool output_drain(output *o)
{
    for (size_t i = 0; i < o->count; i++) {
        output_stream *s = &o->streams[i];
        if (s->fd >= 0 && !is_full(s->sink) && !read_stream(s) && s->fd >= 0)
            end_stream(s);
    }
    pass_and_write(o);
    return has_more(o);
}

int output_error(const output *o, const char **name)
{
    int sink = o->sinks[0].error ? 0 : 1;
    for (size_t i = 0; i < o->count && !o->sinks[sink].error; i++)
        if (o->streams[i].log_error) {
            *name = "a file of --log_dir";
            return o->streams[i].log_error;
        }
    *name = sink == 0 ? "standard output" : "standard error";
    return o->sinks[sink].error;
}

void output_dispose(output *o)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->streams[i].fd >= 0)
            end_stream(&o->streams[i]);
        buffer_dispose(&o->streams[i].kept);
    }
    for (int i = 0; i < 2; i++)
        buffer_dispose(&o->sinks[i].queue);
    memory_free(o->streams);
    *o = (output){0};
}
