#include "launch/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <accel/log.h>
#include <accel/preemption.h>

#include "base/error.h"
#include "base/memory.h"
#include "launch/call.h"
#include "launch/cleaner.h"
#include "launch/private_folder.h"
#include "launch/report.h"

/* ---- starting ---- */

/* One of a process's streams: a pipe, where its lines are to be marked or are written to two places; a file; or -1, the launcher's own. */
static accel_status open_stream(job *j, int local, int sink, int *fd)
{
    const launch_plan *p = j->plan;
    const unsigned char which = (unsigned char)(sink == 0 ? PLAN_STREAM_OUTPUT : PLAN_STREAM_ERROR);
    bool marked = p->tee && p->tee[local] & which, aside = p->redirects && p->redirects[local] & which;
    bool shown = !p->shown || p->shown[local];
    int log = -1;
    if ((aside || marked) && logs_open(&j->logs, local, sink, &log) != ACCEL_OK)
        return accel_error_status();
    if (marked && shown) /* which goes before aside: it is in both places */
        return output_add(&j->output, p->first_rank + local, sink, log, fd);
    *fd = log >= 0 ? log : shown ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (*fd < 0 && !shown)
        accel_error_raise(ACCEL_EIO, LAUNCH_CALL, "/dev/null: cannot be opened");
    return accel_error_status();
}

static accel_status open_streams(job *j, int local, int streams[2])
{
    if (open_stream(j, local, 0, &streams[0]) == ACCEL_OK)
        open_stream(j, local, 1, &streams[1]);
    return accel_error_status();
}

static accel_status start_with(job *j, int local, const char *error_file, int private_fd)
{
    bool is_met = j->plan->first_rank + local == 0;
    child_setup setup = {
        .plan = j->plan,
        .variables = {.rank = j->plan->first_rank + local,
                      .local_rank = local,
                      .port = j->endpoint.port,
                      .attempt = j->attempt,
                      .listen_fd = is_met ? j->endpoint.fd : -1,
                      .launcher = getpid(),
                      .error_file = error_file},
        .streams = {-1, -1},
        .closed = {private_fd, is_met ? -1 : j->endpoint.fd},
        .at_terminal = local == 0 && j->terminal.ours,
    };
    child *c = &j->children[local];
    if (open_streams(j, local, setup.streams) == ACCEL_OK && child_start(c, &setup) == ACCEL_OK) {
        j->started++;
        j->running++;
        orphans_except(&j->orphans, c->pid);
    }
    for (int i = 0; i < 2; i++)
        if (setup.streams[i] >= 0)
            close(setup.streams[i]);
    return accel_error_status();
}

static accel_status start_one(job *j, int local, int private_fd)
{
    char *error_file = j->report_folder ? report_path(j->report_folder, j->plan->first_rank + local) : NULL;
    if (!accel_error_is_set())
        start_with(j, local, error_file, private_fd);
    memory_free(error_file);
    return accel_error_status();
}

static accel_status start_all(job *j, int private_fd)
{
    for (int local = 0; local < j->plan->num_processes; local++)
        if (start_one(j, local, private_fd) != ACCEL_OK)
            return accel_error_status();
    endpoint_stop_listening(&j->endpoint); /* it is rank 0's now, and ends with it */
    return ACCEL_OK;
}

static accel_status open_folder(job *j)
{
    j->report_folder = private_folder_create();
    if (!j->report_folder)
        accel_log_line(ACCEL_LOG_WARNING,
                       PRIVATE_FOLDER_PARENT ": %s; what processes say about their failures is not shown",
                       strerror(errno));
    j->cleaner = j->report_folder ? cleaner_start(j->report_folder) : 0;
    return j->cleaner ? orphans_except(&j->orphans, j->cleaner) : ACCEL_OK;
}

/* A socket is handed to programs that know of it; for others the port is free again, but for launchers. */
static accel_status open_endpoint(job *j)
{
    const launch_plan *p = j->plan;
    j->endpoint.port = p->port;
    if (p->alone || p->machine_rank > 0)
        return accel_error_status();
    endpoint_open(&j->endpoint, p->port, p->any_port, p->num_machines > 1);
    if (p->python)
        endpoint_stop_listening(&j->endpoint);
    return accel_error_status();
}

accel_status job_start(job *j, const launch_plan *plan, int attempt, const char *logs_run, int private_fd)
{
    *j = (job){.plan = plan, .first_failed = -1, .attempt = attempt, .endpoint = {.fd = -1, .claim = -1}};
    terminal_look(&j->terminal);
    j->children = memory_alloc((size_t)plan->num_processes, sizeof *j->children);
    if (orphans_adopt(&j->orphans) != ACCEL_OK || output_open(&j->output, plan->num_processes) != ACCEL_OK ||
        logs_create(&j->logs, logs_run, attempt) != ACCEL_OK || open_endpoint(j) != ACCEL_OK)
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
    for (int local = 0; local < j->started; local++) {
        child *c = &j->children[local];
        if (!child_note_end(c))
            continue;
        j->running--;
        if (child_has_failed(c) && (failed < 0 || is_likelier_first(c, &j->children[failed])))
            failed = local;
    }
    if (j->first_failed < 0)
        j->first_failed = failed;
    return j->running < before;
}

/* What the keyboard stops stops the launcher, too. */
void job_tell_stops(const job *j)
{
    for (int local = 0; local < j->started; local++) {
        const child *c = &j->children[local];
        int signal = child_note_stop(c);
        if (signal == SIGSTOP || (signal && !c->at_terminal))
            accel_log_line(ACCEL_LOG_WARNING,
                           "process %d (pid %d) was stopped by signal %d (SIG%s) and waits for SIGCONT",
                           c->rank, (int)c->pid, signal, sigabbrev_np(signal));
    }
}

bool job_is_one_at_terminal(const job *j)
{
    return j->started == 1 && j->running == 1 && j->children[0].at_terminal;
}

/* ---- ending ---- */

void job_signal(job *j, int signal, bool from_the_keyboard)
{
    for (int local = 0; local < j->started; local++)
        if (!from_the_keyboard || !j->children[local].at_terminal)
            child_signal(&j->children[local], signal);
}

static void mark_asked(job *j)
{
    for (int local = 0; local < j->started; local++)
        j->children[local].asked_to_end = j->children[local].asked_to_end || !j->children[local].ended;
}

void job_ask_to_end(job *j, int signal, bool from_the_keyboard)
{
    mark_asked(j);
    job_signal(j, signal, from_the_keyboard);
    job_signal(j, SIGCONT, false);
}

void job_kill(job *j)
{
    mark_asked(j);
    job_signal(j, SIGKILL, false);
}

void job_clear(job *j)
{
    for (int local = 0; local < j->started; local++)
        child_reap(&j->children[local]);
    orphans_kill(&j->orphans);
    terminal_restore(&j->terminal, j->started > 0 && j->children[0].signal != 0);
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
    const child *first = &j->children[j->first_failed], *named = NULL;
    read_report(j, first->rank, &said);
    int local = said.rank - j->plan->first_rank;
    if (said.rank >= 0 && local >= 0 && local < j->started && said.rank != first->rank) {
        named = &j->children[local];
        read_report(j, said.rank, &own);
    }
    verdict_of_failure(v, first, &said, named, named ? &own : NULL);
    logs_read_end(&j->logs, (named ? named->rank : first->rank) - j->plan->first_rank, v->last_lines,
                  sizeof v->last_lines);
}

static bool all_ended_well(const job *j)
{
    for (int local = 0; local < j->started; local++)
        if (j->children[local].code != 0 || j->children[local].signal != 0)
            return false;
    return true;
}

bool job_wants_to_resume(const job *j)
{
    for (int local = 0; local < j->started; local++)
        if (j->children[local].code != ACCEL_EXIT_RESUME || j->children[local].signal != 0)
            return false;
    return j->started > 0;
}

void job_judge(const job *j, int signal, verdict *v)
{
    const char *where;
    int error = output_error(&j->output, &where);
    *v = (verdict){0};
    if (job_wants_to_resume(j))
        verdict_of_resumption(v, signal, ACCEL_EXIT_RESUME);
    else if (j->first_failed >= 0)
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
    logs_dispose(&j->logs);
    orphans_give_back(&j->orphans);
    private_folder_remove(j->report_folder);
    cleaner_end(j->cleaner);
    memory_free(j->children);
    *j = (job){.plan = j->plan, .first_failed = -1, .endpoint = {.fd = -1, .claim = -1}};
}
