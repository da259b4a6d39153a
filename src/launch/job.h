/* The processes of a launch, together: from the first that is started to the last that is let go. */
#ifndef ACCEL_LAUNCH_JOB_H
#define ACCEL_LAUNCH_JOB_H

#include "launch/child.h"
#include "launch/endpoint.h"
#include "launch/logs.h"
#include "launch/orphans.h"
#include "launch/output.h"
#include "launch/plan.h"
#include "launch/terminal.h"
#include "launch/verdict.h"

typedef struct job {
    const launch_plan *plan;
    child *children;
    int started, running;
    int first_failed; /* of the children; -1: none yet */
    int attempt;      /* from 0 */
    endpoint endpoint;
    char *report_folder; /* NULL: none */
    pid_t cleaner;       /* of that folder; 0: none */
    terminal terminal;
    orphans orphans;
    logs logs;
    output output;
} job;

/* Starts all processes, for the first time or again; none is left when one cannot be. `logs_run` is logs_create_run's, `private_fd` the
   launcher's own. job_dispose either way. */
accel_status job_start(job *j, const launch_plan *plan, int attempt, const char *logs_run, int private_fd);

/* Takes note of who ended; true when anybody did. */
bool job_note_ends(job *j);

/* Tells of those that were stopped one by one, which nobody would see. */
void job_tell_stops(const job *j);

/* Whether all there is is one process that has the terminal. */
bool job_is_one_at_terminal(const job *j);

/* To every group; one from the keyboard the process that has the terminal has already. */
void job_signal(job *j, int signal, bool from_the_keyboard);

/* The same, so that stopped ones notice; what they end with from now on is not their own failure. */
void job_ask_to_end(job *j, int signal, bool from_the_keyboard);
void job_kill(job *j);

/* When none of them runs: kills and lets go of whoever is left of them, their groups and their descendants. */
void job_clear(job *j);

/* How it ended; `signal` is the one that asked the launcher to end, 0 for none. */
void job_judge(const job *j, int signal, verdict *v);

/* Whether all ended with ACCEL_EXIT_RESUME: whoever asked them to end, they saved their states. */
bool job_wants_to_resume(const job *j);

/* None of it is left; a job without processes. */
void job_dispose(job *j);

#endif
