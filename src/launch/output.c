#include "launch/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "launch/plan.h"

enum {
    CHUNK = 1 << 16,     /* what a pipe holds */
    LINE_MAX = 1 << 20,  /* a longer line is broken */
    QUEUE_MAX = 1 << 20, /* the length at which a sink asks for no more */
    WRITE_MAX = 4096     /* as much as a pipe that poll calls writable takes without waiting (PIPE_BUF) */
};

accel_status output_open(output *o, int num_processes)
{
    *o = (output){.sinks = {{.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}}};
    o->streams = memory_alloc((size_t)num_processes * 2, sizeof *o->streams);
    return accel_error_status();
}

accel_status output_add(output *o, int rank, int sink, int *fd)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return accel_error_raise(ACCEL_EIO, PLAN_CALL, "no pipe for the output of process %d: %s", rank,
                                 strerror(errno));
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    o->streams[o->count++] = (output_stream){.fd = ends[0], .rank = rank, .sink = &o->sinks[sink]};
    *fd = ends[1];
    return ACCEL_OK;
}

/* ---- in ---- */

static void end_line(output_stream *s, const char *rest, size_t size)
{
    buffer *queue = &s->sink->queue;
    if (!s->sink->closed && buffer_printf(queue, "[%d] ", s->rank) == ACCEL_OK &&
        buffer_append(queue, s->line.data, s->line.size) == ACCEL_OK &&
        buffer_append(queue, rest, size) == ACCEL_OK)
        buffer_append(queue, "\n", 1);
    s->line.size = 0;
}

static void take(output_stream *s, const char *bytes, size_t size)
{
    while (size > 0) {
        const char *end = memchr(bytes, '\n', size);
        size_t length = end ? (size_t)(end - bytes) : size;
        if (end)
            end_line(s, bytes, length);
        else if (s->line.size + length > LINE_MAX)
            end_line(s, bytes, length);
        else
            buffer_append(&s->line, bytes, length);
        bytes += length + (end != NULL);
        size -= length + (end != NULL);
    }
}

static void end_stream(output_stream *s)
{
    if (s->line.size > 0)
        end_line(s, "", 0);
    close(s->fd);
    s->fd = -1;
}

/* False when there was nothing to read. */
static bool read_stream(output_stream *s)
{
    char bytes[CHUNK];
    ssize_t got = read(s->fd, bytes, sizeof bytes);
    if (got > 0)
        take(s, bytes, (size_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        end_stream(s);
    return got > 0;
}

/* ---- out ---- */

static size_t queued(const output_sink *sink) { return sink->queue.size - sink->done; }

static bool is_full(const output_sink *sink) { return queued(sink) >= QUEUE_MAX; }

static void close_sink(output_sink *sink)
{
    sink->closed = true;
    sink->done = 0;
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
            close_sink(sink);
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

void output_move(output *o)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->streams[i].fd >= 0 && !is_full(o->streams[i].sink))
            read_stream(&o->streams[i]);
    for (int i = 0; i < 2; i++)
        write_sink(&o->sinks[i]);
}

bool output_drain(output *o)
{
    bool more = false;
    for (size_t i = 0; i < o->count; i++) {
        output_stream *s = &o->streams[i];
        if (s->fd >= 0 && !is_full(s->sink) && !read_stream(s) && s->fd >= 0)
            end_stream(s);
        more = more || s->fd >= 0;
    }
    for (int i = 0; i < 2; i++) {
        write_sink(&o->sinks[i]);
        more = more || queued(&o->sinks[i]) > 0;
    }
    return more;
}

void output_dispose(output *o)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->streams[i].fd >= 0)
            close(o->streams[i].fd);
        buffer_dispose(&o->streams[i].line);
    }
    for (int i = 0; i < 2; i++)
        buffer_dispose(&o->sinks[i].queue);
    memory_free(o->streams);
    *o = (output){0};
}
