#include "launch/job.h"

#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "launch/cleaner.h"
#include "launch/report.h"

/* ---- starting ---- */

/* The ends of the process's pipes, where its lines are to be marked. */
static accel_status open_streams(job *j, int rank, int streams[2])
{
    static const int wanted[2] = {PLAN_TEE_OUTPUT, PLAN_TEE_ERROR};
    for (int sink = 0; sink < 2; sink++)
        if (j->plan->tee & wanted[sink] && output_add(&j->output, rank, sink, &streams[sink]) != ACCEL_OK)
            return accel_error_status();
    return ACCEL_OK;
}

static accel_status start_with(job *j, int rank, const char *error_file, int private_fd)
{
    child_setup setup = {
        .plan = j->plan,
        .variables = {.rank = rank,
                      .port = j->endpoint.port,
                      .listen_fd = rank == 0 ? j->endpoint.fd : -1,
                      .launcher = getpid(),
                      .error_file = error_file},
        .streams = {-1, -1},
        .closed = {private_fd, rank == 0 ? -1 : j->endpoint.fd},
    };
    child *c = &j->children[rank];
    if (open_streams(j, rank, setup.streams) == ACCEL_OK && child_start(c, &setup) == ACCEL_OK) {
        j->started++;
        j->running++;
        orphans_except(&j->orphans, c->pid);
    }
    for (int i = 0; i < 2; i++)
        if (setup.streams[i] >= 0)
            close(setup.streams[i]);
    return accel_error_status();
}

static accel_status start_one(job *j, int rank, int private_fd)
{
    char *error_file = j->report_folder ? report_path(j->report_folder, rank) : NULL;
    if (!accel_error_is_set())
        start_with(j, rank, error_file, private_fd);
    memory_free(error_file);
    return accel_error_status();
}

static accel_status start_all(job *j, int private_fd)
{
    for (int rank = 0; rank < j->plan->num_processes; rank++)
        if (start_one(j, rank, private_fd) != ACCEL_OK)
            return accel_error_status();
    endpoint_close(&j->endpoint); /* it is rank 0's now, and ends with it */
    return ACCEL_OK;
}

static accel_status open_folder(job *j)
{
    j->report_folder = report_folder_create();
    j->cleaner = j->report_folder ? cleaner_start(j->report_folder) : 0;
    return j->cleaner ? orphans_except(&j->orphans, j->cleaner) : ACCEL_OK;
}

accel_status job_start(job *j, const launch_plan *plan, int private_fd)
{
    *j = (job){.plan = plan, .first_failed = -1, .endpoint.fd = -1};
    j->children = memory_alloc((size_t)plan->num_processes, sizeof *j->children);
    if (orphans_adopt(&j->orphans) != ACCEL_OK || output_open(&j->output, plan->num_processes) != ACCEL_OK ||
        endpoint_open(&j->endpoint, plan->port) != ACCEL_OK)
        return accel_error_status();
    if (open_folder(j) == ACCEL_OK && start_all(j, private_fd) == ACCEL_OK)
        return ACCEL_OK;
    job_kill(j);
    job_clear(j);
    return accel_error_status();
}

/* ---- watching ---- */

/* Of two that are found at the same time: who was killed by a signal has hardly ended because of its peers. */
static bool is_likelier_first(const child *c, const child *other) { return c->signal && !other->signal; }

bool job_note_ends(job *j)
{
    int before = j->running, failed = -1;
    for (int rank = 0; rank < j->started; rank++) {
        child *c = &j->children[rank];
        if (!child_note_end(c))
            continue;
        j->running--;
        if (child_has_failed(c) && (failed < 0 || is_likelier_first(c, &j->children[failed])))
            failed = rank;
    }
    if (j->first_failed < 0)
        j->first_failed = failed;
    return j->running < before;
}

/* ---- ending ---- */

void job_signal(job *j, int signal)
{
    for (int rank = 0; rank < j->started; rank++)
        child_signal(&j->children[rank], signal);
}

static void mark_told(job *j)
{
    for (int rank = 0; rank < j->started; rank++)
        j->children[rank].told = j->children[rank].told || !j->children[rank].ended;
}

void job_ask_to_end(job *j, int signal)
{
    mark_told(j);
    job_signal(j, signal);
    job_signal(j, SIGCONT);
}

void job_kill(job *j)
{
    mark_told(j);
    job_signal(j, SIGKILL);
}

void job_clear(job *j)
{
    for (int rank = 0; rank < j->started; rank++)
        child_reap(&j->children[rank]);
    orphans_kill(&j->orphans);
}

static void read_report(const job *j, int rank, report *r)
{
    *r = (report){.rank = -1};
    char *path = j->report_folder ? report_path(j->report_folder, rank) : NULL;
    if (path)
        report_read(r, path);
    memory_free(path);
}

static void judge_failure(const job *j, verdict *v)
{
    report said, own;
    read_report(j, j->first_failed, &said);
    const child *first = &j->children[j->first_failed], *named = NULL;
    if (said.rank >= 0 && said.rank < j->started && said.rank != first->rank) {
        named = &j->children[said.rank];
        read_report(j, said.rank, &own);
    }
    verdict_of_failure(v, first, &said, named, named ? &own : NULL);
}

static bool all_ended_well(const job *j)
{
    for (int rank = 0; rank < j->started; rank++)
        if (j->children[rank].code != 0 || j->children[rank].signal != 0)
            return false;
    return true;
}

void job_judge(const job *j, int signal, verdict *v)
{
    const char *where;
    int error = output_error(&j->output, &where);
    *v = (verdict){0};
    if (j->first_failed >= 0)
        judge_failure(j, v);
    else if (signal && !all_ended_well(j)) /* who ends well when asked to has chosen that */
        verdict_of_signal(v, signal);
    else if (error)
        verdict_of_lost_output(v, where, error);
}

void job_dispose(job *j)
{
    endpoint_close(&j->endpoint);
    output_dispose(&j->output);
    orphans_give_back(&j->orphans);
    report_folder_remove(j->report_folder);
    cleaner_end(j->cleaner);
    memory_free(j->children);
}
