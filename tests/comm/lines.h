/* A hub and lifelines to it in one process: each lifeline stands for a process of the group. */
#ifndef TESTS_COMM_LINES_H
#define TESTS_COMM_LINES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/socket.h"
#include "comm/address.h"
#include "comm/hub.h"
#include "comm/lifeline.h"

enum { LINES_MAX = 8, SECRET = 77 };

typedef struct line {
    lifeline *lifeline;
    atomic_int notified;
    uint64_t number; /* what it says of itself when asked */
    engine_progress progress;
    const char *call, *last;
} line;

typedef struct lines {
    hub *hub;
    int port, count;
    line line[LINES_MAX];
} lines;

static inline void note(lifeline *l, void *user)
{
    (void)l;
    ((line *)user)->notified++;
}

static inline void locate(message *state, void *user)
{
    line *l = user;
    state->number = l->number;
    state->progress = l->progress;
    snprintf(state->text, sizeof state->text, "%s", l->call ? l->call : "");
    snprintf(state->last, sizeof state->last, "%s", l->last ? l->last : "");
}

static inline int connect_to(const lines *s)
{
    char why[128];
    int fd = address_connect("127.0.0.1", s->port, false, clock_seconds() + 10, why, sizeof why);
    if (fd < 0)
        fail_msg("no connection: %s", why);
    return fd;
}

static inline void join_as(lines *s, int index, int rank)
{
    const lifeline_options options = {.fd = connect_to(s),
                                      .rank = rank,
                                      .world_size = (uint64_t)s->count,
                                      .secret = SECRET,
                                      .notify = note,
                                      .locate = locate,
                                      .user = &s->line[index]};
    s->line[index].lifeline = lifeline_start(&options);
    assert_non_null(s->line[index].lifeline);
}

static inline void start_hub(lines *s, int count, double timeout)
{
    memset(s, 0, sizeof *s);
    s->count = count;
    int fd = socket_listen(true, 0);
    assert_true(fd >= 0);
    s->port = socket_port(fd);
    const hub_options options = {.listen_fd = fd, .world_size = count, .secret = SECRET, .timeout = timeout};
    s->hub = hub_start(&options);
    assert_non_null(s->hub);
}

/* A group whose processes are all there. */
static inline void start_all(lines *s, int count)
{
    start_hub(s, count, 60);
    for (int i = 0; i < count; i++)
        join_as(s, i, i);
    for (int i = 0; i < count; i++)
        assert_true(lifeline_wait_ready(s->line[i].lifeline, 10));
}

static inline void stop_line(lines *s, int index)
{
    lifeline_stop(s->line[index].lifeline);
    s->line[index].lifeline = NULL;
}

static inline void stop_all(lines *s)
{
    for (int i = 0; i < LINES_MAX; i++)
        stop_line(s, i);
    hub_stop(s->hub);
}

/* Every line that is still there knows of that failure. */
static inline void expect_all_failed(lines *s, int rank, accel_status status, const char *text)
{
    for (int i = 0; i < LINES_MAX; i++) {
        lifeline_failure failure;
        if (!s->line[i].lifeline)
            continue;
        if (!lifeline_has_failed(s->line[i].lifeline, 10, &failure))
            fail_msg("line %d has not heard of it", i);
        assert_string_equal(failure.text, text);
        assert_int_equal(failure.rank, rank);
        assert_int_equal(failure.status, status);
    }
}

#endif
