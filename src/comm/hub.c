#include "comm/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "comm/address.h"
#include "comm/message.h"
#include "comm/place.h"

/* A connection, and what its process said. */
typedef struct line {
    int fd;    /* -1: hung up */
    bool deaf; /* cannot be told anything */
    bool left, asks;
    place place; /* rank -1: has not said */
    message_reader reader;
} line;

struct hub {
    hub_options options;
    int wake; /* an eventfd */
    pthread_t thread;
    line *lines;
    size_t lines_count;
    struct pollfd *polled; /* wake, listen_fd, lines */
    int arrived, left;
    bool failed;
    message failure;
    double deadline;         /* for all to arrive; 0: they have */
    double inquiry_deadline; /* for all to say where they are; 0: nobody asks */
};

static const double INQUIRY_SECONDS = 1, GOODBYE_SECONDS = 1;

/* ---- telling ---- */

/* Who does not take a message, or only half of it, gets no other; the end of the line says the rest. */
static void tell(line *l, const message *m)
{
    if (l->fd >= 0 && !l->deaf)
        l->deaf = !message_send(l->fd, m);
}

static void tell_all(hub *h, const message *m)
{
    for (size_t i = 0; i < h->lines_count; i++)
        if (h->lines[i].place.rank >= 0)
            tell(&h->lines[i], m);
}

static void fail(hub *h, const message *m)
{
    if (h->failed)
        return;
    h->failed = true;
    h->failure = *m;
    h->deadline = 0;
    tell_all(h, m);
}

static void fail_for(hub *h, int rank, accel_status status, const char *text)
{
    message m = {.kind = MESSAGE_FAIL, .rank = rank, .status = (int32_t)status, .number = 1};
    snprintf(m.text, sizeof m.text, "%s", text);
    fail(h, &m);
}

/* ---- who is here ---- */

static line *find_rank(hub *h, int rank)
{
    for (size_t i = 0; i < h->lines_count; i++)
        if (h->lines[i].place.rank == rank)
            return &h->lines[i];
    return NULL;
}

static void append_rank(buffer *text, int rank) { buffer_printf(text, "%s%d", text->size ? ", " : "", rank); }

static void fail_for_missing(hub *h)
{
    buffer missing = {0};
    int first = -1, count = 0;
    for (int rank = 0; rank < h->options.world_size; rank++) {
        if (find_rank(h, rank))
            continue;
        first = first < 0 ? rank : first;
        if (count++ < PLACES_SHOWN)
            append_rank(&missing, rank);
    }
    char text[MESSAGE_TEXT];
    snprintf(text, sizeof text, "process%s %s of %d did not arrive within %g s", count > 1 ? "es" : "",
             missing.data ? missing.data : "?", h->options.world_size, h->options.timeout);
    buffer_dispose(&missing);
    fail_for(h, first, ACCEL_ETIMEOUT, text);
}

static void hang_up(line *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

static void hang_up_on_strangers(hub *h)
{
    for (size_t i = 0; i < h->lines_count; i++)
        if (h->lines[i].place.rank < 0)
            hang_up(&h->lines[i]);
}

static void greet(hub *h, line *l, const message *m)
{
    char secret[32], text[96];
    snprintf(secret, sizeof secret, "%" PRIx64, h->options.secret);
    if (l->place.rank >= 0 || strcmp(m->text, secret) != 0 || m->rank < 0 || (uint64_t)m->rank >= m->number) {
        hang_up(l); /* no process of ours */
        return;
    }
    if (m->number != (uint64_t)h->options.world_size) {
        snprintf(text, sizeof text, "process %d is one of %" PRIu64 ", process 0 is one of %d", m->rank,
                 m->number, h->options.world_size);
        fail_for(h, m->rank, ACCEL_EMISMATCH, text);
        tell(l, &h->failure);
        return;
    }
    line *twin = find_rank(h, m->rank);
    l->place.rank = m->rank;
    if (twin) {
        snprintf(text, sizeof text, "two processes say that they are process %d", m->rank);
        fail_for(h, m->rank, ACCEL_EINVAL, text);
    } else if (h->failed) {
        tell(l, &h->failure);
    } else if (++h->arrived == h->options.world_size) {
        h->deadline = 0;
        close(h->options.listen_fd);
        h->options.listen_fd = -1; /* nobody else is to come */
        hang_up_on_strangers(h);
        tell_all(h, &(message){.kind = MESSAGE_READY});
    }
}

static void mark_left(hub *h, line *l, const message *m)
{
    if (l->left)
        return;
    l->left = true;
    l->place.number = m->number;
    snprintf(l->place.call, sizeof l->place.call, "accelerator_finish");
    tell_all(h, &(message){.kind = MESSAGE_LEFT, .rank = l->place.rank, .number = m->number});
    if (++h->left == h->options.world_size)
        tell_all(h, &(message){.kind = MESSAGE_DONE});
}

static void mark_gone(hub *h, line *l)
{
    hang_up(l);
    if (l->place.rank < 0 || l->left)
        return;
    char text[96];
    snprintf(text, sizeof text, "process %d is gone: it ended without accelerator_finish", l->place.rank);
    fail_for(h, l->place.rank, ACCEL_EPEER, text);
}

/* ---- where everybody is ---- */

static void ask_all(hub *h, line *asker)
{
    asker->asks = true;
    if (h->inquiry_deadline > 0)
        return;
    for (size_t i = 0; i < h->lines_count; i++)
        h->lines[i].place.answered = h->lines[i].left;
    h->inquiry_deadline = clock_seconds() + INQUIRY_SECONDS;
    tell_all(h, &(message){.kind = MESSAGE_QUERY});
}

static bool all_answered(const hub *h)
{
    for (size_t i = 0; i < h->lines_count; i++)
        if (h->lines[i].place.rank >= 0 && !h->lines[i].place.answered)
            return false;
    return true;
}

/* The places of all processes that are here: free with memory_free. */
static place *list_places(const hub *h, size_t *count)
{
    place *places = memory_alloc(h->lines_count, sizeof *places);
    *count = 0;
    for (size_t i = 0; places && i < h->lines_count; i++)
        if (h->lines[i].place.rank >= 0)
            places[(*count)++] = h->lines[i].place;
    return places;
}

static void write_report(const hub *h, buffer *text)
{
    size_t count;
    place *places = list_places(h, &count);
    if (places)
        place_write_report(places, count, text);
    memory_free(places);
}

static void report(hub *h)
{
    message m = {.kind = MESSAGE_REPORT};
    buffer text = {0};
    write_report(h, &text);
    snprintf(m.text, sizeof m.text, "%s", text.data ? text.data : "");
    buffer_dispose(&text);
    h->inquiry_deadline = 0;
    for (size_t i = 0; i < h->lines_count; i++) {
        if (h->lines[i].asks)
            tell(&h->lines[i], &m);
        h->lines[i].asks = false;
    }
}

static void note_place(line *l, const message *m)
{
    if (l->left)
        return;
    l->place.number = m->number;
    snprintf(l->place.call, sizeof l->place.call, "%.*s", (int)sizeof l->place.call - 1, m->text);
    snprintf(l->place.last, sizeof l->place.last, "%s", m->last);
}

static void note_state(hub *h, line *l, const message *m)
{
    l->place.answered = true;
    note_place(l, m);
    if (h->inquiry_deadline > 0 && all_answered(h))
        report(h);
}

static const char *name_of(const place *p) { return p->call[0] ? p->call : "accel_backward"; }

static void fail_for_contradiction(hub *h, const place *a, const place *b)
{
    const place *first = a->rank < b->rank ? a : b, *second = first == a ? b : a;
    char text[MESSAGE_TEXT];
    snprintf(text, sizeof text, "process %d calls %.200s, process %d calls %.200s", first->rank, name_of(first),
             second->rank, name_of(second));
    fail_for(h, second->rank, ACCEL_EPEER, text);
}

static void note_stuck(hub *h, line *l, const message *m)
{
    note_place(l, m);
    l->place.stuck = true;
    l->place.progress = m->progress;
    for (size_t i = 0; i < h->lines_count; i++)
        if (h->lines[i].place.stuck && place_contradicts(&h->lines[i].place, &l->place))
            fail_for_contradiction(h, &h->lines[i].place, &l->place);
}

/* ---- the thread ---- */

static void handle(hub *h, line *l, const message *m)
{
    if (m->kind == MESSAGE_HELLO)
        greet(h, l, m);
    else if (l->place.rank < 0)
        hang_up(l);
    else if (m->kind == MESSAGE_FAIL)
        fail(h, m);
    else if (m->kind == MESSAGE_LEAVE)
        mark_left(h, l, m);
    else if (m->kind == MESSAGE_ASK)
        ask_all(h, l);
    else if (m->kind == MESSAGE_STATE)
        note_state(h, l, m);
    else if (m->kind == MESSAGE_STUCK)
        note_stuck(h, l, m);
}

static void read_line(hub *h, line *l)
{
    message_progress progress;
    while (l->fd >= 0 && (progress = message_read(l->fd, &l->reader)) != MESSAGE_PART) {
        if (progress == MESSAGE_WHOLE)
            handle(h, l, &l->reader.message);
        else
            mark_gone(h, l);
    }
}

static void accept_line(hub *h)
{
    int fd = accept4(h->options.listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE)
            fail_for(h, 0, ACCEL_EIO,
                     "process 0 failed: it has no file descriptor left for the other processes");
        poll(NULL, 0, 10); /* somebody may close one, to be told that */
        return;
    }
    address_tune(fd);
    line *lines = memory_resize(h->lines, h->lines_count + 1, sizeof *lines);
    if (lines)
        h->lines = lines;
    struct pollfd *polled = lines ? memory_resize(h->polled, h->lines_count + 3, sizeof *polled) : NULL;
    if (!polled) {
        close(fd);
        return;
    }
    h->polled = polled;
    lines[h->lines_count++] = (line){.fd = fd, .place = {.rank = -1}};
}

/* Milliseconds until something is due; -1 for never. */
static int patience(const hub *h)
{
    double due = h->inquiry_deadline > 0 ? h->inquiry_deadline : h->deadline;
    return due == 0 ? -1 : clock_milliseconds_until(due);
}

static void meet_deadlines(hub *h)
{
    double now = clock_seconds();
    if (h->inquiry_deadline > 0 && now >= h->inquiry_deadline)
        report(h);
    if (h->deadline > 0 && now >= h->deadline)
        fail_for_missing(h);
}

/* Waits for any of the descriptors. False: it is time to stop. */
static bool wait_for_news(hub *h, int milliseconds)
{
    h->polled[0] = (struct pollfd){.fd = h->wake, .events = POLLIN};
    h->polled[1] = (struct pollfd){.fd = h->options.listen_fd, .events = POLLIN};
    for (size_t i = 0; i < h->lines_count; i++)
        h->polled[i + 2] = (struct pollfd){.fd = h->lines[i].fd, .events = POLLIN};
    poll(h->polled, (nfds_t)h->lines_count + 2, milliseconds);
    return h->polled[0].revents == 0;
}

/* What is on its way to a process is lost when this side closes with something unread: so all hang up first. */
static void say_goodbye(hub *h)
{
    double until = clock_seconds() + GOODBYE_SECONDS;
    bool open = true;
    hang_up_on_strangers(h);
    for (size_t i = 0; i < h->lines_count; i++)
        if (h->lines[i].fd >= 0)
            shutdown(h->lines[i].fd, SHUT_WR);
    while (open && clock_seconds() < until) {
        open = false;
        for (size_t i = 0; i < h->lines_count; i++) {
            line *l = &h->lines[i];
            while (l->fd >= 0 && message_read(l->fd, &l->reader) == MESSAGE_END)
                hang_up(l);
            open = open || l->fd >= 0;
        }
        if (open)
            poll(NULL, 0, 5);
    }
}

static void *work(void *argument)
{
    hub *h = argument;
    while (wait_for_news(h, patience(h))) {
        size_t known = h->lines_count;
        if (h->polled[1].revents)
            accept_line(h);
        for (size_t i = 0; i < known; i++)
            if (h->polled[i + 2].revents)
                read_line(h, &h->lines[i]);
        meet_deadlines(h);
    }
    say_goodbye(h);
    return NULL;
}

static void free_hub(hub *h)
{
    for (size_t i = 0; i < h->lines_count; i++)
        hang_up(&h->lines[i]);
    if (h->wake >= 0)
        close(h->wake);
    if (h->options.listen_fd >= 0)
        close(h->options.listen_fd);
    memory_free(h->lines);
    memory_free(h->polled);
    memory_free(h);
}

hub *hub_start(const hub_options *options)
{
    hub *h = memory_alloc(1, sizeof *h);
    if (!h) {
        close(options->listen_fd);
        return NULL;
    }
    fcntl(options->listen_fd, F_SETFL, O_NONBLOCK); /* who is gone when it is accepted keeps nobody waiting */
    *h = (hub){.options = *options, .deadline = clock_seconds() + options->timeout};
    h->wake = eventfd(0, EFD_CLOEXEC);
    h->polled = memory_alloc(2, sizeof *h->polled);
    if (h->wake < 0)
        accel_error_raise(ACCEL_EIO, "accelerator_create", "no file descriptor is left");
    if (h->wake >= 0 && h->polled && thread_start(&h->thread, work, h, "accelerator_create") == ACCEL_OK)
        return h;
    free_hub(h);
    return NULL;
}

void hub_stop(hub *h)
{
    if (!h)
        return;
    if (eventfd_write(h->wake, 1) == 0)
        pthread_join(h->thread, NULL);
    free_hub(h);
}
