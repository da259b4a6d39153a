#include "comm/meeting.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/socket.h"
#include "base/thread.h"
#include "comm/address.h"

static const char caller[] = "accelerator_create";

/* A program may make one accelerator after another. Its processes then meet in one store, which lives as long as they do,
   under another name each time. */
static int meetings;

static bool is_loopback(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0;
}

static accel_status open_listening(const environment_endpoint *e, int *fd)
{
    *fd = e->listen_fd;
    if (*fd >= 0)
        fcntl(*fd, F_SETFD, FD_CLOEXEC); /* it is this process's now */
    else
        *fd = socket_listen(is_loopback(e->host), e->port);
    if (*fd >= 0)
        return ACCEL_OK;
    if (errno == EADDRINUSE && e->of_job)
        return accel_error_raise(ACCEL_EIO, caller,
                                 "port %d, which the job's number gives, is taken; %s names another", e->port,
                                 ENVIRONMENT_MASTER_PORT);
    if (errno == EADDRINUSE)
        return accel_error_raise(ACCEL_EIO, caller, "port %d, which %s names, is taken", e->port,
                                 ENVIRONMENT_MASTER_PORT);
    return accel_error_raise(ACCEL_EIO, caller, "port %d cannot be listened on: %s", e->port, strerror(errno));
}

/* The engine's own attempts would be told to standard error one by one. */
static accel_status wait_for_store(const environment_endpoint *e, double timeout)
{
    char why[128];
    int fd = address_connect(e->host, e->port, true, clock_seconds() + timeout, why, sizeof why);
    if (fd >= 0) {
        close(fd);
        return ACCEL_OK;
    }
    return accel_error_raise(ACCEL_ETIMEOUT, caller, "process 0 was not at %s port %d within %g s: %s", e->host,
                             e->port, timeout, why);
}

/* The process's own store. */
static engine_store *open_store(const environment_endpoint *e, bool serves, double timeout)
{
    static engine_store *store;
    static environment_endpoint opened;
    if (store && strcmp(opened.host, e->host) == 0 && opened.port == e->port) {
        engine_store_set_timeout(store, (int64_t)(timeout * 1000));
        return store;
    }
    engine_store_options options = {.host = e->host,
                                    .port = e->port,
                                    .serves = serves,
                                    .listen_fd = -1,
                                    .prefix = e->prefix,
                                    .timeout_ms = (int64_t)(timeout * 1000)};
    if ((serves ? open_listening(e, &options.listen_fd) : wait_for_store(e, timeout)) != ACCEL_OK)
        return NULL;
    store = engine_store_open(&options);
    opened = *e;
    return store;
}

static accel_status publish(meeting *m)
{
    char text[64];
    if (getrandom(&m->secret, sizeof m->secret, 0) != sizeof m->secret)
        return accel_error_raise(ACCEL_EIO, caller, "no random number: %s", strerror(errno));
    m->listen_fd = socket_listen(m->local, 0);
    if (m->listen_fd < 0)
        return accel_error_raise(ACCEL_EIO, caller, "no port can be listened on: %s", strerror(errno));
    m->port = socket_port(m->listen_fd);
    snprintf(text, sizeof text, "%d %" PRIx64, m->port, m->secret);
    return engine_store_set(m->store, "hub", text);
}

static accel_status look_up(meeting *m)
{
    char text[64];
    if (engine_store_get(m->store, "hub", text, sizeof text) != ACCEL_OK)
        return accel_error_status();
    if (sscanf(text, "%d %" SCNx64, &m->port, &m->secret) == 2)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EFORMAT, caller, "the store at %s port %d holds \"%s\" for the hub",
                             m->endpoint.host, m->endpoint.port, text);
}

/* What asks the store, which may accept a connection and then say nothing: it has been stopped, or is something else. */
typedef struct opening {
    meeting meeting;
    environment_ranks ranks;
    double timeout;
    int number;
} opening;

static accel_status open_meeting(void *argument)
{
    opening *o = argument;
    meeting *m = &o->meeting;
    char name[32];
    bool serves = o->ranks.rank == 0 && !m->endpoint.agent;
    snprintf(name, sizeof name, "accel/%d", o->number);
    engine_store *whole = open_store(&m->endpoint, serves, o->timeout);
    m->store = whole ? engine_store_part(whole, name) : NULL;
    if (!m->store)
        return accel_error_status();
    return o->ranks.rank == 0 ? publish(m) : look_up(m);
}

static accel_status open_in_time(meeting *m, const environment_ranks *ranks, double timeout)
{
    char who[sizeof m->endpoint.host + 32];
    opening *o = memory_alloc(1, sizeof *o);
    if (!o)
        return accel_error_status();
    *o = (opening){.meeting = *m, .ranks = *ranks, .timeout = timeout, .number = meetings++};
    snprintf(who, sizeof who, "the store at %s port %d", m->endpoint.host, m->endpoint.port);
    const thread_job job = {.work = open_meeting, .argument = o, .seconds = timeout, .who = who};
    if (!thread_run(&job, caller))
        return accel_error_status();
    *m = o->meeting;
    memory_free(o);
    return accel_error_status();
}

accel_status meeting_open(meeting *m, const environment_ranks *ranks, double timeout)
{
    *m = (meeting){.listen_fd = -1};
    if (environment_read_endpoint(ranks, &m->endpoint) != ACCEL_OK)
        return accel_error_status();
    m->local = is_loopback(m->endpoint.host);
    return open_in_time(m, ranks, timeout);
}

int meeting_take_listen_fd(meeting *m)
{
    int fd = m->listen_fd;
    m->listen_fd = -1;
    return fd;
}

/* The hub listened before it said where: who is not there now has gone. */
int meeting_connect(meeting *m, double timeout)
{
    char why[128];
    const char *host = m->endpoint.host;
    int fd = address_connect(host, m->port, false, clock_seconds() + timeout, why, sizeof why);
    if (fd < 0)
        accel_error_raise(ACCEL_EPEER, caller, "process 0 is gone: %s port %d: %s", host, m->port, why);
    else if (!address_of_socket(fd, m->address, sizeof m->address))
        snprintf(m->address, sizeof m->address, "127.0.0.1");
    return fd;
}

void meeting_close(meeting *m)
{
    if (m->listen_fd >= 0)
        close(m->listen_fd);
    engine_store_free(m->store);
}
