#include "comm/lifeline.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"

struct lifeline {
    lifeline_options options;
    int wake; /* an eventfd */
    pthread_t thread;
    message_reader reader; /* the thread's, as the next two */
    uint64_t looked_at,
        told_of; /* operations: at the last look, and when it was told where this process is stuck */
    pthread_mutex_t sending;
    bool torn; /* half a message was sent: no other would be understood */
    pthread_mutex_t lock;
    pthread_cond_t news;
    bool ready, done, failed, reported;
    lifeline_failure failure;
    bool anybody_left;
    int left_rank; /* of those that have finished, the one with the fewest operations */
    uint64_t left_number;
    char report[MESSAGE_TEXT];
};

static const double REPORT_SECONDS = 2.5, ECHO_SECONDS = 1;

/* The thread and the program's own may both have something to say. */
static bool say(lifeline *l, const message *m)
{
    pthread_mutex_lock(&l->sending);
    l->torn = l->torn || !message_send(l->options.fd, m);
    bool sent = !l->torn;
    pthread_mutex_unlock(&l->sending);
    return sent;
}

/* ---- the thread ---- */

static void note_failure(lifeline *l, int rank, accel_status status, bool common, const char *text)
{
    if (l->failed || l->done)
        return;
    l->failed = true;
    l->failure.rank = rank;
    l->failure.status = status;
    l->failure.common = common;
    snprintf(l->failure.text, sizeof l->failure.text, "%s", text);
}

static void note_left(lifeline *l, const message *m)
{
    if (l->anybody_left && l->left_number <= m->number)
        return;
    l->anybody_left = true;
    l->left_number = m->number;
    l->left_rank = m->rank;
}

/* Called with the lock held. */
static void note(lifeline *l, const message *m)
{
    switch (m->kind) {
    case MESSAGE_READY:
        l->ready = true;
        break;
    case MESSAGE_DONE:
        l->done = true;
        break;
    case MESSAGE_LEFT:
        note_left(l, m);
        break;
    case MESSAGE_FAIL:
        note_failure(l, m->rank, (accel_status)m->status, m->number == 1, m->text);
        break;
    case MESSAGE_REPORT:
        snprintf(l->report, sizeof l->report, "%s", m->text);
        l->reported = true;
        break;
    default:
        break;
    }
    pthread_cond_broadcast(&l->news);
}

static void receive(lifeline *l, const message *m)
{
    pthread_mutex_lock(&l->lock);
    note(l, m);
    pthread_mutex_unlock(&l->lock);
    if (m->kind == MESSAGE_QUERY) {
        message state = {.kind = MESSAGE_STATE, .rank = l->options.rank};
        l->options.locate(&state, l->options.user);
        say(l, &state);
    }
    if (m->kind == MESSAGE_FAIL || m->kind == MESSAGE_LEFT)
        l->options.notify(l, l->options.user);
}

static void lose(lifeline *l)
{
    pthread_mutex_lock(&l->lock);
    note_failure(l, 0, ACCEL_EPEER, false, "process 0 is gone: it ended without accelerator_finish");
    shutdown(l->options.fd, SHUT_WR); /* the hub need not wait for this end */
    pthread_cond_broadcast(&l->news);
    pthread_mutex_unlock(&l->lock);
    l->options.notify(l, l->options.user);
}

/* Where the process has been since the last look, it waits: the hub then finds out whether that can end. */
static void look(lifeline *l)
{
    message m = {.kind = MESSAGE_STUCK, .rank = l->options.rank};
    l->options.locate(&m, l->options.user);
    bool stuck = m.progress.waits && m.number == l->looked_at;
    l->looked_at = m.number;
    if (stuck && l->told_of != m.number) {
        l->told_of = m.number;
        say(l, &m);
    }
}

static void *work(void *argument)
{
    enum { MILLISECONDS = 500 };
    lifeline *l = argument;
    struct pollfd polled[] = {{.fd = l->wake, .events = POLLIN}, {.fd = l->options.fd, .events = POLLIN}};
    for (;;) {
        int ready = poll(polled, 2, MILLISECONDS);
        if (ready > 0 && polled[0].revents)
            return NULL;
        if (ready <= 0) {
            look(l);
            continue;
        }
        message_progress progress = message_read(l->options.fd, &l->reader);
        if (progress == MESSAGE_WHOLE)
            receive(l, &l->reader.message);
        if (progress == MESSAGE_END) {
            lose(l);
            return NULL;
        }
    }
}

/* ---- life ---- */

static void free_lifeline(lifeline *l)
{
    close(l->options.fd);
    if (l->wake >= 0)
        close(l->wake);
    pthread_mutex_destroy(&l->sending);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->news);
    memory_free(l);
}

static accel_status start(lifeline *l)
{
    message hello = {.kind = MESSAGE_HELLO, .rank = l->options.rank, .number = l->options.world_size};
    snprintf(hello.text, sizeof hello.text, "%" PRIx64, l->options.secret);
    if (l->wake < 0)
        return accel_error_raise(ACCEL_EIO, "accelerator_create", "no file descriptor is left");
    if (!say(l, &hello))
        return accel_error_raise(ACCEL_EPEER, "accelerator_create", "process 0 hung up");
    return thread_start(&l->thread, work, l, "accelerator_create");
}

lifeline *lifeline_start(const lifeline_options *options)
{
    lifeline *l = memory_alloc(1, sizeof *l);
    if (!l) {
        close(options->fd);
        return NULL;
    }
    l->options = *options;
    l->wake = eventfd(0, EFD_CLOEXEC);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&l->sending, NULL);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (start(l) == ACCEL_OK)
        return l;
    free_lifeline(l);
    return NULL;
}

void lifeline_stop(lifeline *l)
{
    if (!l)
        return;
    if (eventfd_write(l->wake, 1) == 0)
        pthread_join(l->thread, NULL);
    free_lifeline(l);
}

/* ---- waiting ---- */

/* Waits until one of the two is set. Called with the lock held. */
static void await(lifeline *l, const bool *either, const bool *other, double seconds)
{
    const struct timespec until = clock_after(seconds);
    while (!*either && !*other)
        if (pthread_cond_timedwait(&l->news, &l->lock, &until) != 0)
            return;
}

static bool await_flag(lifeline *l, const bool *flag, double seconds)
{
    pthread_mutex_lock(&l->lock);
    await(l, flag, &l->failed, seconds);
    bool reached = *flag;
    pthread_mutex_unlock(&l->lock);
    return reached;
}

bool lifeline_wait_ready(lifeline *l, double seconds) { return await_flag(l, &l->ready, seconds); }

bool lifeline_has_failed(lifeline *l, double seconds, lifeline_failure *failure)
{
    bool failed = await_flag(l, &l->failed, seconds);
    if (failed)
        *failure = l->failure; /* never changes again */
    return failed;
}

bool lifeline_is_left(lifeline *l, int *rank, uint64_t *number)
{
    pthread_mutex_lock(&l->lock);
    bool left = l->anybody_left;
    *rank = l->left_rank;
    *number = l->left_number;
    pthread_mutex_unlock(&l->lock);
    return left;
}

/* ---- telling ---- */

void lifeline_fail(lifeline *l, accel_status status, const char *text)
{
    message m = {.kind = MESSAGE_FAIL, .rank = l->options.rank, .status = (int32_t)status};
    snprintf(m.text, sizeof m.text, "%s", text);
    if (say(l, &m))
        await_flag(l, &l->failed, ECHO_SECONDS);
}

bool lifeline_leave(lifeline *l, uint64_t number, double seconds)
{
    const message m = {.kind = MESSAGE_LEAVE, .rank = l->options.rank, .number = number};
    return say(l, &m) && await_flag(l, &l->done, seconds);
}

void lifeline_ask(lifeline *l, char text[MESSAGE_TEXT])
{
    pthread_mutex_lock(&l->lock);
    l->reported = false;
    pthread_mutex_unlock(&l->lock);
    text[0] = '\0';
    if (!say(l, &(message){.kind = MESSAGE_ASK, .rank = l->options.rank}))
        return;
    pthread_mutex_lock(&l->lock);
    await(l, &l->reported, &l->failed, REPORT_SECONDS);
    if (l->reported)
        snprintf(text, MESSAGE_TEXT, "%s", l->report);
    pthread_mutex_unlock(&l->lock);
}
