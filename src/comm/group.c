#include "comm/group.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <accel/device.h>

#include "base/callback.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/waiting.h"
#include "comm/error_file.h"
#include "comm/hub.h"
#include "comm/lifeline.h"
#include "comm/meeting.h"

struct group {
    environment_ranks ranks;
    group_timeouts timeouts;
    accel_device device;
    pthread_t thread; /* whose it is */
    pid_t process;
    meeting meeting;
    hub *hub; /* in process 0 */
    lifeline *lifeline;
    _Atomic(engine_group *) engine;
    _Atomic(const char *) call;       /* under way */
    _Atomic(const char *) last;       /* before it */
    double began;                     /* when it did */
    bool agreed;                      /* its failure is everybody's */
    int numbers;                      /* given so far */
    group_progress (*progress)(void); /* NULL: there are no such loops */
    bool joins;                       /* processes may run out of work */
    bool *present;                    /* by rank: it has not */
    int first_present;
    bool posted; /* a failure; the group is lost */
};

/* Over the timeout, for those that know why it passes. */
static const double SPARE_SECONDS = 2;

int group_rank(const group *g) { return g ? g->ranks.rank : 0; }
int group_size(const group *g) { return g ? g->ranks.world_size : 1; }
accel_device group_device(const group *g) { return g ? g->device : accel_device_cpu(); }
engine_group *group_engine(group *g) { return g->engine; }

group_contact group_get_contact(const group *g)
{
    return (group_contact){.host = g->meeting.endpoint.host,
                           .local = g->meeting.local,
                           .secret = g->meeting.secret,
                           .timeout = g->timeouts.call};
}

/* ---- what the lifeline asks and brings ---- */

uint64_t group_operations(group *g)
{
    engine_group *engine = g->engine;
    return engine ? engine_group_issued(engine) : 0;
}

static void locate(message *state, void *user)
{
    group *g = user;
    const char *call = g->call, *last = g->last, *waits = waiting_for();
    engine_group *engine = g->engine;
    state->number = group_operations(g);
    if (engine)
        state->progress = engine_group_progress(engine);
    const engine_progress *p = &state->progress;
    if (call && p->last > 0 && p->reducers[1].rounds > 0) /* there are several */
        snprintf(state->text, sizeof state->text, "%s of the %d. module prepared", call, p->last);
    else
        snprintf(state->text, sizeof state->text, "%s", call ? call : waits ? waits : "");
    snprintf(state->last, sizeof state->last, "%s", last ? last : "");
}

static const char left_text[] = "process %d has called accelerator_finish already";

static accel_status status_of(const lifeline_failure *failure)
{
    return failure->common || failure->status == ACCEL_ETIMEOUT ? failure->status : ACCEL_EPEER;
}

/* Ends what this process waits for, or is about to, when that will never come. */
static void notify(lifeline *l, void *user)
{
    group *g = user;
    engine_group *engine = g->engine;
    lifeline_failure failure;
    uint64_t number;
    char text[96];
    int rank;
    if (!engine)
        return;
    if (lifeline_has_failed(l, 0, &failure)) {
        engine_group_abort(engine, status_of(&failure), failure.text);
    } else if (lifeline_is_left(l, &rank, &number)) {
        snprintf(text, sizeof text, left_text, rank);
        engine_group_limit(engine, number, ACCEL_EPEER, text);
    }
}

/* Whether a process has finished before the operation of that number. */
static bool is_left_before(group *g, uint64_t operation, int *rank)
{
    uint64_t number;
    return lifeline_is_left(g->lifeline, rank, &number) && number < operation;
}

/* ---- joining ---- */

static accel_status raise_failure(const lifeline_failure *failure, const char *call)
{
    return accel_error_raise(status_of(failure), call, "%s", failure->text);
}

static accel_status wait_for_all(group *g)
{
    lifeline_failure failure;
    if (lifeline_wait_ready(g->lifeline, g->timeouts.meeting + SPARE_SECONDS))
        return ACCEL_OK;
    if (lifeline_has_failed(g->lifeline, 0, &failure))
        return raise_failure(&failure, "accelerator_create");
    return accel_error_raise(ACCEL_ETIMEOUT, "accelerator_create", "process 0 did not answer within %g s",
                             g->timeouts.meeting);
}

static accel_status connect_engine(void *engine) { return engine_group_connect(engine); }

/* NULL and no record: Gloo. */
static const transport_table *choose_transport(void)
{
    const char *backend = getenv(ENVIRONMENT_BACKEND);
    if (!backend || !*backend || strcasecmp(backend, "gloo") == 0)
        return NULL;
    if (strcasecmp(backend, "mpi") == 0)
        return transport_load("mpi", "accelerator_create");
    accel_error_raise(ACCEL_EINVAL, "accelerator_create", "%s is \"%s\", expected gloo or mpi",
                      ENVIRONMENT_BACKEND, backend);
    return NULL;
}

static accel_status create_engine(group *g)
{
    const transport_table *table = choose_transport();
    const char *interface = getenv("GLOO_SOCKET_IFNAME");
    if (interface && *interface && if_nametoindex(interface) == 0)
        return accel_error_raise(ACCEL_EINVAL, "accelerator_create",
                                 "GLOO_SOCKET_IFNAME is \"%s\", which is no network interface here", interface);
    if (accel_error_is_set())
        return accel_error_status();
    const engine_group_options options = {.store = g->meeting.store,
                                          .rank = g->ranks.rank,
                                          .size = g->ranks.world_size,
                                          .address = g->meeting.address,
                                          .interface = interface && *interface ? interface : NULL,
                                          .timeout_ms = (int64_t)(g->timeouts.call * 1000),
                                          .device = g->device,
                                          .transport = table};
    engine_group *engine = engine_group_create(&options);
    if (!engine)
        return accel_error_status();
    g->engine = engine;
    notify(g->lifeline, g); /* of what came before there was an engine */
    g->call = "accelerator_create";
    g->began = clock_seconds();
    group_work(g, connect_engine, engine);
    return group_end(g);
}

/* Connections and what watches them: of the store, the hub and the calls, and of a model or two. The transports end in
   other words, or in none, when they have no descriptor. */
static accel_status check_descriptors(const group *g)
{
    enum { OF_EACH_PROCESS = 4, OF_THE_GROUP = 20, MANY = 1024 };
    int needed = OF_THE_GROUP + OF_EACH_PROCESS * g->ranks.world_size, opened = 0, list[MANY];
    needed = needed < MANY ? needed : MANY;
    while (opened < needed && (list[opened] = dup(STDERR_FILENO)) >= 0)
        opened++;
    for (int i = 0; i < opened; i++)
        close(list[i]);
    if (opened == needed || errno == EBADF)
        return ACCEL_OK;
    return accel_error_raise(
        ACCEL_EIO, "accelerator_create",
        "this process may open %d more files, and needs %d in a group of %d: see ulimit -n", opened, needed,
        g->ranks.world_size);
}

static accel_status join(group *g)
{
    if (check_descriptors(g) != ACCEL_OK ||
        meeting_open(&g->meeting, &g->ranks, g->timeouts.meeting) != ACCEL_OK)
        return accel_error_status();
    if (g->ranks.rank == 0) {
        const hub_options options = {.listen_fd = meeting_take_listen_fd(&g->meeting),
                                     .world_size = g->ranks.world_size,
                                     .secret = g->meeting.secret,
                                     .timeout = g->timeouts.meeting};
        g->hub = hub_start(&options);
        if (!g->hub)
            return accel_error_status();
    }
    const lifeline_options options = {.fd = meeting_connect(&g->meeting, g->timeouts.meeting),
                                      .rank = g->ranks.rank,
                                      .world_size = (uint64_t)g->ranks.world_size,
                                      .secret = g->meeting.secret,
                                      .notify = notify,
                                      .locate = locate,
                                      .user = g};
    g->lifeline = options.fd >= 0 ? lifeline_start(&options) : NULL;
    if (!g->lifeline || wait_for_all(g) != ACCEL_OK)
        return accel_error_status();
    engine_store_set_timeout(g->meeting.store, (int64_t)(g->timeouts.call * 1000));
    return create_engine(g);
}

group *group_join(const environment_ranks *ranks, group_timeouts timeouts, accel_device device)
{
    group *g = memory_alloc(1, sizeof *g);
    if (!g)
        return NULL;
    *g = (group){
        .ranks = *ranks, .timeouts = timeouts, .device = device, .thread = pthread_self(), .process = getpid()};
    g->present = memory_alloc((size_t)ranks->world_size, sizeof *g->present);
    for (int rank = 0; g->present && rank < ranks->world_size; rank++)
        g->present[rank] = true;
    if (g->present && join(g) == ACCEL_OK)
        return g;
    if (g->lifeline)
        group_leave(g);
    group_free(g);
    return NULL;
}

void group_free(group *g)
{
    if (!g || g->process != getpid()) /* a fork has none of the threads */
        return;
    engine_group *engine = g->engine;
    lifeline_stop(g->lifeline);
    engine_group_free(engine);
    hub_stop(g->hub);
    meeting_close(&g->meeting);
    memory_free(g->present);
    memory_free(g);
}

int group_next_number(group *g) { return g->numbers++; }

/* ---- who is present ---- */

void group_set_progress(group *g, group_progress (*tell)(void)) { g->progress = tell; }

group_progress group_get_progress(const group *g)
{
    return g && g->progress ? g->progress() : (group_progress){0};
}

void group_set_joins(group *g, bool joins)
{
    g->joins = joins;
    g->first_present = 0;
    for (int rank = 0; rank < g->ranks.world_size; rank++)
        g->present[rank] = true;
}

bool group_joins(const group *g) { return g && g->joins; }

/* Told in the order of the ranks. */
void group_note_present(group *g, int rank, bool present)
{
    if (!g)
        return;
    bool is_first = present;
    for (int before = 0; before < rank; before++)
        is_first = is_first && !g->present[before];
    g->present[rank] = present;
    if (is_first)
        g->first_present = rank;
}

bool group_is_present(const group *g, int rank) { return !g || g->present[rank]; }

int group_count_present(const group *g)
{
    int count = g ? 0 : 1;
    for (int rank = 0; g && rank < g->ranks.world_size; rank++)
        count += g->present[rank];
    return count;
}

int group_first_present(const group *g) { return g ? g->first_present : 0; }

/* ---- calls ---- */

accel_status group_failure(group *g)
{
    lifeline_failure failure;
    return g && lifeline_has_failed(g->lifeline, 0, &failure) ? failure.status : ACCEL_OK;
}

accel_status group_verdict(group *g)
{
    lifeline_failure failure;
    return lifeline_has_failed(g->lifeline, g->timeouts.call, &failure) ? failure.status : accel_error_status();
}

int group_failed_rank(group *g)
{
    lifeline_failure failure;
    accel_status status = accel_error_status();
    if (!lifeline_has_failed(g->lifeline, 0, &failure))
        return g->ranks.rank;
    bool others =
        status == ACCEL_EPEER || status == ACCEL_ETIMEOUT || (failure.common && status == failure.status);
    return others ? failure.rank : g->ranks.rank;
}

/* Tells the others of this thread's record, once. */
static void post_failure(group *g)
{
    char text[MESSAGE_TEXT];
    if (g->posted)
        return;
    g->posted = true;
    error_file_write(group_failed_rank(g));
    snprintf(text, sizeof text, "process %d failed: %.*s", g->ranks.rank, MESSAGE_TEXT - 40,
             accel_error_text());
    lifeline_fail(g->lifeline, accel_error_status(), text);
    notify(g->lifeline, g);
    if (g->engine) /* process 0 may have stopped: then nobody says it again */
        engine_group_abort(g->engine, ACCEL_EPEER, text);
}

/* Whether this is the group's thread, or runs a hook for it: the backward pass of a GPU has threads of its own. */
static bool is_own_thread(const group *g)
{
    return pthread_equal(g->thread, pthread_self()) || callback_runs(CALLBACK_COMM_HOOK, g);
}

/* Whether who calls is part of the group. */
static bool is_own(const group *g, const char *call)
{
    if (g->process != getpid())
        accel_error_raise(ACCEL_EINVAL, call, "this process is a fork of process %d, and none of the group",
                          g->ranks.rank);
    else if (!is_own_thread(g))
        accel_error_raise(ACCEL_EINVAL, call, "the accelerator belongs to the thread that made it");
    else
        return true;
    return false;
}

bool group_begin(group *g, const char *call)
{
    lifeline_failure failure;
    if (!g)
        return !accel_error_is_set();
    if (!is_own(g, call))
        return false;
    if (g->call) {
        accel_error_raise(ACCEL_EINVAL, call, "called in the middle of %s", g->call);
        return false;
    }
    if (accel_error_is_set())
        post_failure(g);
    else if (lifeline_has_failed(g->lifeline, 0, &failure))
        raise_failure(&failure, call);
    if (accel_error_is_set())
        return false;
    g->began = clock_seconds();
    g->agreed = false;
    g->call = call;
    return true;
}

static bool is_in_time(const group *g) { return clock_seconds() - g->began < g->timeouts.call; }

/* Says where the others are, or what came meanwhile. */
static accel_status raise_timeout(group *g, const char *what, const char *call)
{
    char where[MESSAGE_TEXT];
    lifeline_failure failure;
    lifeline_ask(g->lifeline, where);
    if (lifeline_has_failed(g->lifeline, 0, &failure))
        return raise_failure(&failure, call);
    return accel_error_raise(ACCEL_ETIMEOUT, call, "waited %g s for %s: %s", g->timeouts.call, what,
                             where[0] ? where : "process 0 does not answer");
}

/* The transport knows that a connection broke or that time is up, not why. The news of a process's end come about as soon
   as that of its connections. */
static void explain(group *g)
{
    static const double news_seconds = 1;
    const char *call = g->call;
    accel_error error;
    lifeline_failure failure;
    int rank;
    error_take(&error);
    if (!lifeline_has_failed(g->lifeline, 0, &failure) && is_left_before(g, group_operations(g), &rank)) {
        accel_error_raise(ACCEL_EPEER, call, left_text, rank);
    } else if (lifeline_has_failed(g->lifeline, news_seconds, &failure)) {
        raise_failure(&failure, call);
    } else if (error.status == ACCEL_EPEER && is_in_time(g)) { /* nobody is to blame but the transport */
        accel_error_raise(error.status, call, "%s", error.message);
    } else {
        raise_timeout(g, "other processes", call);
    }
}

accel_status group_end(group *g)
{
    if (!g)
        return accel_error_status();
    accel_status status = accel_error_status();
    if (status == ACCEL_EPEER || status == ACCEL_ETIMEOUT)
        explain(g);
    if (accel_error_is_set() && !g->agreed) /* the others are still in the call, and this process is not */
        post_failure(g);
    g->last = g->call;
    g->call = NULL;
    return accel_error_status();
}

bool group_is_in_call(const group *g) { return g->call && g->process == getpid(); }

static bool is_lost(void *user)
{
    group *g = user;
    lifeline_failure failure;
    return lifeline_has_failed(g->lifeline, 0, &failure);
}

bool group_work(group *g, accel_status (*work)(void *argument), void *argument)
{
    const thread_job job = {.work = work,
                            .argument = argument,
                            .seconds = g->timeouts.call,
                            .is_vain = is_lost,
                            .user = g,
                            .who = "another process"};
    return thread_run(&job, g->call);
}

const char *group_go_into(group *g, const char *call) { return atomic_exchange(&g->call, call); }

void group_agree(group *g)
{
    if (g)
        g->agreed = true;
}

void group_lose(group *g)
{
    if (g)
        g->agreed = false;
}

/* ---- leaving ---- */

accel_status group_leave(group *g)
{
    static const char call[] = "accelerator_finish";
    lifeline_failure failure;
    if (accel_error_is_set()) {
        post_failure(g);
        return accel_error_status();
    }
    g->call = call;
    g->began = clock_seconds();
    if (lifeline_leave(g->lifeline, group_operations(g), g->timeouts.call))
        return ACCEL_OK;
    if (lifeline_has_failed(g->lifeline, 0, &failure))
        return raise_failure(&failure, call);
    if (is_in_time(g))
        accel_error_raise(ACCEL_EPEER, call, "the connection to process 0 is lost");
    else
        raise_timeout(g, "the others to finish", call);
    post_failure(g);
    return accel_error_status();
}
