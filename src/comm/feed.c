#include "comm/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/socket.h"
#include "base/thread.h"
#include "comm/address.h"
#include "comm/agreement.h"

enum { WAITING_MAX = 2 };

static const char loading[] = "accel_loader_next";

/* What goes before each message. */
typedef struct frame {
    uint64_t pass, size;
} frame;

/* In place of a size: process 0 goes on in a pass that the other one has left. */
static const uint64_t GOES_ON = UINT64_MAX;

/* What others tell process 0: they have left a pass, after so many messages of it and operations of the group, and why. */
typedef struct departure {
    uint64_t pass, taken, operations;
    int32_t status; /* ACCEL_OK: they just left */
    char why[228];
} departure;

/* A message on its way. */
typedef struct letter {
    frame frame;
    buffer body;
    size_t sent; /* of both */
} letter;

/* To one process. Each pass ends with a letter of its own: the last message, or an empty one where process 0 leaves. */
typedef struct outbox {
    letter letters[WAITING_MAX + 1]; /* and an empty one, which does not wait */
    size_t count;
    uint64_t ended;    /* the last pass that has its end */
    uint64_t messages; /* of the pass, without its last */
    bool broken;
    departure left; /* the last one */
    departure heard;
    size_t heard_bytes; /* of it, before it is the last */
    uint64_t told;      /* the last pass that it is told process 0 goes on in */
} outbox;

/* From process 0: a letter that is half read, or of a later pass, is there for whoever waits next. */
typedef struct inbox {
    frame frame;
    buffer body;
    size_t have; /* of both */
} inbox;

struct feed {
    group *group;
    int rank, size;
    pid_t process;
    double timeout;
    int *fds;             /* by rank; -1: none */
    int wake;             /* an eventfd: the thread has something to send, or the pass is over */
    uint64_t pass, taken; /* messages of the pass that the program has */
    bool over, stopping;
    outbox *out; /* in process 0, by rank */
    inbox in;    /* in the others */
    bool runs;   /* the thread */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t room; /* an outbox has */
};

/* ---- sending ---- */

static void wake(feed *f) { (void)!write(f->wake, &(uint64_t){1}, sizeof(uint64_t)); }

static void remove_letter(outbox *o, size_t index)
{
    buffer_dispose(&o->letters[index].body);
    o->count--;
    memmove(&o->letters[index], &o->letters[index + 1], (o->count - index) * sizeof *o->letters);
}

/* What there is room for. False: the process is gone. */
static bool push(int fd, letter *l)
{
    while (l->sent < sizeof l->frame + l->body.size) {
        bool in_frame = l->sent < sizeof l->frame;
        size_t of_body = in_frame ? 0 : l->sent - sizeof l->frame;
        struct iovec parts[] = {{(char *)&l->frame + l->sent, in_frame ? sizeof l->frame - l->sent : 0},
                                {l->body.data + of_body, l->body.size - of_body}};
        const struct msghdr m = {.msg_iov = in_frame ? parts : parts + 1, .msg_iovlen = in_frame ? 2 : 1};
        ssize_t sent = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EINTR)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        l->sent += sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

static bool is_sent(const letter *l) { return l->sent == sizeof l->frame + l->body.size; }

/* Sends from an outbox without waiting. Called with the lock held. */
static void flush(feed *f, int rank)
{
    outbox *o = &f->out[rank];
    while (o->count > 0 && !o->broken) {
        o->broken = !push(f->fds[rank], &o->letters[0]);
        if (o->broken || !is_sent(&o->letters[0]))
            break;
        remove_letter(o, 0);
        pthread_cond_broadcast(&f->room);
    }
    while (o->broken && o->count > 0)
        remove_letter(o, 0);
    if (o->broken)
        pthread_cond_broadcast(&f->room);
}

/* ---- processes that leave a pass alone ---- */

static void post(feed *f, int rank, frame what, buffer message);

/* Of letters without a body the last one says enough, so that there is never more than one that waits. Called with the lock held. */
static void post_empty(feed *f, int rank, frame what)
{
    outbox *o = &f->out[rank];
    const letter *newest = o->count > 0 ? &o->letters[o->count - 1] : NULL;
    if (newest && newest->body.size == 0 && newest->sent == 0)
        remove_letter(o, o->count - 1);
    post(f, rank, what, (buffer){0});
}

/* Whether it left this pass before its end. Called with the lock held. */
static bool left_early(const feed *f, const outbox *o)
{
    bool had_all = o->ended == f->pass && o->left.taken == o->messages;
    return !f->over && !o->broken && o->left.pass == f->pass && !had_all;
}

/* Process 0 has a message, or is in an operation, that the other one did not stay for. Called with the lock held. */
static void tell_going_on(feed *f, int rank)
{
    outbox *o = &f->out[rank];
    bool goes_on = f->taken > o->left.taken || group_operations(f->group) > o->left.operations;
    if (!left_early(f, o) || !goes_on || o->told == f->pass)
        return;
    o->told = f->pass;
    post_empty(f, rank, (frame){.pass = f->pass, .size = GOES_ON});
}

/* Reads what it says without waiting. Called with the lock held. */
static void hear(feed *f, int rank)
{
    outbox *o = &f->out[rank];
    while (!o->broken) {
        ssize_t got = recv(f->fds[rank], (char *)&o->heard + o->heard_bytes, sizeof o->heard - o->heard_bytes,
                           MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        o->broken = got <= 0;
        o->heard_bytes += got > 0 ? (size_t)got : 0;
        if (o->heard_bytes < sizeof o->heard)
            continue;
        o->left = o->heard;
        o->heard_bytes = 0;
        pthread_cond_broadcast(&f->room);
    }
}

/* Polls for departures, and for room in the connections of outboxes that wait for it; returns with the lock held. */
static void wait_for_others(feed *f, struct pollfd *polled)
{
    enum { LOOK_MILLISECONDS = 100 }; /* at what process 0 does, for who has left early */
    uint64_t drained;
    bool looks = false;
    for (int rank = 1; rank < f->size; rank++) {
        looks = looks || (left_early(f, &f->out[rank]) && f->out[rank].told != f->pass);
        polled[rank] = (struct pollfd){.fd = f->out[rank].broken ? -1 : f->fds[rank],
                                       .events = f->out[rank].count > 0 ? POLLIN | POLLOUT : POLLIN};
    }
    polled[0] = (struct pollfd){.fd = f->wake, .events = POLLIN};
    pthread_mutex_unlock(&f->lock);
    poll(polled, (nfds_t)f->size, looks ? LOOK_MILLISECONDS : -1);
    if (polled[0].revents)
        (void)!read(f->wake, &drained, sizeof drained);
    pthread_mutex_lock(&f->lock);
}

static void *work(void *argument)
{
    feed *f = argument;
    struct pollfd *polled = memory_alloc((size_t)f->size, sizeof *polled);
    pthread_mutex_lock(&f->lock);
    while (polled && !f->stopping) {
        for (int rank = 1; rank < f->size; rank++) {
            hear(f, rank);
            tell_going_on(f, rank);
            flush(f, rank);
        }
        wait_for_others(f, polled);
    }
    pthread_mutex_unlock(&f->lock);
    memory_free(polled);
    return NULL;
}

/* Called with the lock held. */
static void post(feed *f, int rank, frame what, buffer message)
{
    outbox *o = &f->out[rank];
    o->letters[o->count++] = (letter){.frame = what, .body = message};
    flush(f, rank);
    if (o->count > 0)
        wake(f);
}

static bool has_ended(const feed *f, const outbox *o) { return f->over || o->ended == f->pass; }

static accel_status raise_departure(int rank, const departure *left)
{
    if (left->status == ACCEL_OK)
        return accel_error_raise(ACCEL_EPEER, loading, "process %d has left the loop over this loader", rank);
    return accel_error_raise((accel_status)left->status, loading, "process %d: %.*s", rank,
                             (int)sizeof left->why - 1, left->why);
}

/* Called with the lock held. */
static accel_status post_in_turn(feed *f, int rank, buffer *message, bool last)
{
    outbox *o = &f->out[rank];
    while (!has_ended(f, o) && !o->broken && o->left.pass < f->pass && o->count >= WAITING_MAX)
        pthread_cond_wait(&f->room, &f->lock);
    if (o->broken)
        return accel_error_raise(ACCEL_EPEER, loading, "process %d is gone", rank);
    if (has_ended(f, o))
        return ACCEL_OK;
    bool left = o->left.pass >= f->pass;
    if (left && !last)
        return raise_departure(rank, &o->left);
    if (last)
        o->ended = f->pass;
    else
        o->messages++;
    if (left)
        return ACCEL_OK;
    post(f, rank, (frame){.pass = f->pass, .size = message->size}, *message);
    *message = (buffer){0};
    return ACCEL_OK;
}

accel_status feed_send(feed *f, int rank, buffer *message, bool last)
{
    pthread_mutex_lock(&f->lock);
    accel_status status = post_in_turn(f, rank, message, last);
    pthread_mutex_unlock(&f->lock);
    buffer_dispose(message);
    return status;
}

/* ---- receiving ---- */

static accel_status lose(const char *why)
{
    return accel_error_raise(ACCEL_EPEER, loading, "the connection to process 0 is lost: %s", why);
}

/* Reads on without waiting. False: there is nothing to read. */
static bool pull(feed *f)
{
    inbox *in = &f->in;
    bool in_frame = in->have < sizeof in->frame;
    char *to = in_frame ? (char *)&in->frame + in->have : in->body.data + (in->have - sizeof in->frame);
    size_t left = in_frame ? sizeof in->frame - in->have : sizeof in->frame + in->body.size - in->have;
    ssize_t got = recv(f->fds[0], to, left, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return false;
    if (got <= 0) {
        lose(got == 0 ? "it has closed it" : strerror(errno));
        return false;
    }
    in->have += (size_t)got;
    if (in->have == sizeof in->frame && in->frame.size > 0 && in->frame.size != GOES_ON) {
        in->body.size = (size_t)in->frame.size;
        in->body.data = memory_alloc(in->body.size, 1);
        return in->body.data;
    }
    return true;
}

static bool is_whole(const inbox *in)
{
    return in->have >= sizeof in->frame && in->have == sizeof in->frame + in->body.size;
}

static bool is_over(feed *f)
{
    pthread_mutex_lock(&f->lock);
    bool over = f->over;
    pthread_mutex_unlock(&f->lock);
    return over;
}

static accel_status wait_for_more(feed *f, double deadline)
{
    struct pollfd polled[] = {{.fd = f->fds[0], .events = POLLIN}, {.fd = f->wake, .events = POLLIN}};
    if (poll(polled, 2, clock_milliseconds_until(deadline)) == 0 && clock_seconds() >= deadline)
        return accel_error_raise(ACCEL_ETIMEOUT, loading, "waited %g s for a batch from process 0", f->timeout);
    return ACCEL_OK;
}

/* The next message, of whatever pass. False: none, since the pass is over or a failure is recorded. */
static bool receive_any(feed *f, double deadline)
{
    while (!is_whole(&f->in)) {
        if (is_over(f))
            return false;
        if (!pull(f) && (accel_error_is_set() || wait_for_more(f, deadline) != ACCEL_OK))
            return false;
    }
    return true;
}

/* A later pass, too, says that process 0 has left this one. */
static bool is_left(const feed *f)
{
    const frame *arrived = &f->in.frame;
    return arrived->pass > f->pass || (arrived->pass == f->pass && arrived->size == 0);
}

accel_status feed_receive(feed *f, buffer *message)
{
    const double deadline = clock_seconds() + f->timeout;
    *message = (buffer){0};
    while (receive_any(f, deadline)) {
        if (is_left(f))
            return accel_error_raise(ACCEL_EPEER, loading, "process 0 has left the loop over this loader");
        inbox arrived = f->in;
        f->in = (inbox){0};
        if (arrived.frame.size == GOES_ON)
            return accel_error_raise(
                ACCEL_EPEER, loading,
                "this process has left a loop over this loader in which process 0 goes on");
        if (arrived.frame.pass == f->pass) {
            *message = arrived.body;
            break;
        }
        buffer_dispose(&arrived.body);
    }
    return accel_error_status();
}

/* ---- passes ---- */

void feed_begin_pass(feed *f)
{
    uint64_t drained;
    pthread_mutex_lock(&f->lock);
    f->pass++;
    f->taken = 0;
    f->over = false;
    for (int rank = 1; f->out && rank < f->size; rank++)
        f->out[rank].messages = 0;
    if (f->rank > 0)
        (void)!read(f->wake, &drained, sizeof drained);
    pthread_mutex_unlock(&f->lock);
}

void feed_note_taken(feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->taken++;
    for (int rank = 1; f->out && rank < f->size; rank++)
        tell_going_on(f, rank);
    pthread_mutex_unlock(&f->lock);
}

/* It is small, and process 0 always reads: there is room, unless process 0 is gone. Called with the lock held. */
static void depart(const feed *f)
{
    departure left = {.pass = f->pass,
                      .taken = f->taken,
                      .operations = group_operations(f->group),
                      .status = (int32_t)accel_error_status()};
    snprintf(left.why, sizeof left.why, "%.*s", (int)sizeof left.why - 1, accel_error_text());
    (void)!send(f->fds[0], &left, sizeof left, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void feed_end_pass(feed *f)
{
    pthread_mutex_lock(&f->lock);
    if (f->rank > 0 && !f->over)
        depart(f);
    f->over = true;
    for (int rank = 1; f->out && rank < f->size; rank++)
        if (f->out[rank].ended != f->pass) {
            f->out[rank].ended = f->pass;
            post_empty(f, rank, (frame){.pass = f->pass});
        }
    pthread_cond_broadcast(&f->room);
    pthread_mutex_unlock(&f->lock);
    wake(f);
}

/* ---- opening ---- */

typedef struct greeting {
    uint64_t secret;
    int64_t rank;
} greeting;

static accel_status raise_opening(const char *call, const char *why)
{
    return accel_error_raise(ACCEL_EIO, call, "no connections for batches from process 0 can be made: %s", why);
}

/* A connection that was accepted, by who says that it is a process of the group. */
static void admit(feed *f, int fd, uint64_t secret, double deadline)
{
    greeting said = {0};
    const struct timeval patience = {.tv_sec = 1 + clock_milliseconds_until(deadline) / 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool known = recv(fd, &said, sizeof said, MSG_WAITALL) == sizeof said && said.secret == secret &&
                 said.rank > 0 && said.rank < f->size && f->fds[said.rank] < 0;
    if (!known) {
        close(fd);
        return;
    }
    address_tune(fd);
    f->fds[said.rank] = fd;
}

static bool all_are_here(const feed *f)
{
    for (int rank = 1; rank < f->size; rank++)
        if (f->fds[rank] < 0)
            return false;
    return true;
}

static accel_status accept_all(feed *f, group *g, int listen_fd, const char *call)
{
    enum { LOOK_MILLISECONDS = 100 }; /* at what became of the group */
    const group_contact contact = group_get_contact(g);
    const double deadline = clock_seconds() + contact.timeout;
    while (!all_are_here(f)) {
        if (group_failure(g) != ACCEL_OK)
            return accel_error_raise(ACCEL_EPEER, call, "another process failed");
        if (clock_seconds() > deadline)
            return accel_error_raise(ACCEL_ETIMEOUT, call, "not every process came within %g s",
                                     contact.timeout);
        if (poll(&(struct pollfd){.fd = listen_fd, .events = POLLIN}, 1, LOOK_MILLISECONDS) <= 0)
            continue;
        int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            admit(f, fd, contact.secret, deadline);
        else if (errno == EMFILE || errno == ENFILE)
            return raise_opening(call, strerror(errno));
    }
    return thread_start(&f->thread, work, f, call);
}

static accel_status open_sending(feed *f, group *g, const char *call)
{
    int listen_fd = socket_listen(group_get_contact(g).local, 0);
    int64_t port = listen_fd < 0 ? 0 : socket_port(listen_fd);
    if (listen_fd < 0)
        raise_opening(call, strerror(errno));
    f->out = memory_alloc((size_t)f->size, sizeof *f->out);
    if (agreement_share(g, call, &port) == ACCEL_OK)
        f->runs = accept_all(f, g, listen_fd, call) == ACCEL_OK;
    if (listen_fd >= 0)
        close(listen_fd);
    return accel_error_status();
}

static accel_status open_receiving(feed *f, group *g, const char *call)
{
    char why[128];
    int64_t port = 0;
    const group_contact contact = group_get_contact(g);
    const greeting own = {.secret = contact.secret, .rank = f->rank};
    if (agreement_share(g, call, &port) != ACCEL_OK)
        return accel_error_status();
    f->fds[0] =
        address_connect(contact.host, (int)port, false, clock_seconds() + contact.timeout, why, sizeof why);
    if (f->fds[0] < 0)
        return raise_opening(call, why);
    if (send(f->fds[0], &own, sizeof own, MSG_NOSIGNAL) != sizeof own)
        return raise_opening(call, strerror(errno));
    return ACCEL_OK;
}

feed *feed_open(group *g, const char *call)
{
    feed *f = memory_alloc(1, sizeof *f);
    if (!f)
        return NULL;
    *f = (feed){.group = g,
                .rank = group_rank(g),
                .size = group_size(g),
                .process = getpid(),
                .timeout = group_get_contact(g).timeout,
                .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->room, NULL);
    f->fds = memory_alloc((size_t)f->size, sizeof *f->fds);
    for (int rank = 0; f->fds && rank < f->size; rank++)
        f->fds[rank] = -1;
    if (f->wake < 0)
        raise_opening(call, strerror(errno));
    if (f->fds && (f->rank == 0 ? open_sending : open_receiving)(f, g, call) == ACCEL_OK)
        return f;
    feed_free(f);
    return NULL;
}

static bool has_letters(const feed *f)
{
    for (int rank = 1; f->out && rank < f->size; rank++)
        if (f->out[rank].count > 0)
            return true;
    return false;
}

void feed_settle(feed *f, group *g)
{
    static const double look_seconds = 0.1; /* at what became of the group */
    const double deadline = clock_seconds() + f->timeout;
    if (f->process != getpid())
        return;
    pthread_mutex_lock(&f->lock);
    while (has_letters(f) && clock_seconds() < deadline && group_failure(g) == ACCEL_OK) {
        const struct timespec look = clock_after(look_seconds);
        pthread_cond_clockwait(&f->room, &f->lock, CLOCK_MONOTONIC, &look);
    }
    pthread_mutex_unlock(&f->lock);
}

static void stop(feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    pthread_mutex_unlock(&f->lock);
    wake(f);
    pthread_join(f->thread, NULL);
}

void feed_free(feed *f)
{
    if (!f || f->process != getpid()) /* a fork has none of the threads */
        return;
    if (f->runs)
        stop(f);
    for (int rank = 0; rank < f->size && f->fds; rank++) {
        if (f->fds[rank] >= 0)
            close(f->fds[rank]);
        while (f->out && f->out[rank].count > 0)
            remove_letter(&f->out[rank], 0);
    }
    if (f->wake >= 0)
        close(f->wake);
    buffer_dispose(&f->in.body);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->room);
    memory_free(f->fds);
    memory_free(f->out);
    memory_free(f);
}
