#include "launch/supervisor.h"

#include <math.h>
#include <poll.h>
#include <signal.h>

#include <accel/log.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "launch/job.h"
#include "launch/signals.h"

typedef struct supervisor {
    job job;
    signals signals;
    int signal;      /* the first that asked to end; 0: none */
    int key;         /* the last that one process had from the keyboard, and has to answer itself; 0: none */
    double asked_at; /* when it came */
    double asking;   /* when those that a failure left running will be asked to end; INFINITY: not yet */
    bool ending;     /* the processes have been asked to end */
    double deadline; /* when they will be killed; INFINITY: not yet */
    bool killed;     /* they were */
    char *logs_run;  /* NULL: none */
    struct pollfd *places;
} supervisor;

static void begin_to_end(supervisor *s, int signal, bool from_the_keyboard)
{
    job_ask_to_end(&s->job, signal, from_the_keyboard);
    if (!s->ending)
        s->deadline = clock_seconds() + s->job.plan->shutdown_timeout;
    s->ending = true;
}

/* A debugger asks what next, a solver may save and go on. */
static bool is_for_one_alone(const supervisor *s) { return !s->ending && job_is_one_at_terminal(&s->job); }

static const double same_seconds = 1;

/* A system that shuts down sends SIGHUP beside SIGTERM, before or after it, without being impatient. */
static void take_ending_signal(supervisor *s, int signal, bool from_the_keyboard)
{
    if (from_the_keyboard && is_for_one_alone(s)) {
        s->key = signal;
    } else if (s->signal == 0 || (s->signal == SIGHUP && signal != SIGHUP)) {
        s->signal = signal;
        s->asked_at = clock_seconds();
        begin_to_end(s, signal, from_the_keyboard);
    } else if (signal == SIGTERM && clock_seconds() - s->asked_at < same_seconds) {
        return; /* who signals a process and its group sends it twice */
    } else if (signal != SIGHUP) {
        s->deadline = 0;
        s->killed = false;
    } else {
        job_signal(&s->job, SIGCONT, false);
    }
}

static void take_stopping_signal(supervisor *s, int signal)
{
    job_signal(&s->job, SIGTSTP, false); /* who has it already may have had a SIGCONT of ours since */
    signals_obey(signal);
    job_signal(&s->job, SIGCONT, false); /* nobody else does where it stopped nothing */
}

static double asking_time(const supervisor *s)
{
    return clock_seconds() + fmin(s->job.plan->peers_timeout, s->job.plan->shutdown_timeout);
}

/* Who was stopped for an hour has not had that hour: all have their time again. */
static void take_continuation(supervisor *s)
{
    job_signal(&s->job, SIGCONT, false);
    if (s->deadline > 0 && !isinf(s->deadline))
        s->deadline = clock_seconds() + s->job.plan->shutdown_timeout;
    if (!isinf(s->asking))
        s->asking = asking_time(s);
}

/* Who dies of what the keyboard said was stopped, and did not fail. */
static void judge_key(supervisor *s)
{
    const job *j = &s->job;
    if (s->key && j->first_failed >= 0 && j->children[j->first_failed].signal == s->key) {
        s->job.first_failed = -1;
        s->signal = s->key;
    }
}

static void note_ends(supervisor *s)
{
    job_tell_stops(&s->job);
    if (!job_note_ends(&s->job))
        orphans_reap(&s->job.orphans); /* it was somebody else who ended */
    judge_key(s);
    if (s->job.first_failed >= 0 && isinf(s->asking))
        s->asking = asking_time(s);
}

/* Of those that wait at once SIGHUP is the last, whatever its number. */
static void take_signals(supervisor *s)
{
    bool hangup = false;
    for (int signal = signals_next(&s->signals); signal; signal = signals_next(&s->signals)) {
        if (signal == SIGCHLD)
            note_ends(s);
        else if (signal == SIGHUP)
            hangup = true;
        else if (signals_ends(signal))
            take_ending_signal(s, signal, s->signals.from_the_keyboard);
        else if (signals_stops(signal))
            take_stopping_signal(s, signal);
        else if (signal == SIGCONT)
            take_continuation(s);
        else
            job_signal(&s->job, signal, false);
    }
    if (hangup)
        take_ending_signal(s, SIGHUP, false);
}

/* Processes of one group learn by themselves that one of them failed. They are left the time to close their files. */
static void ask_when_due(supervisor *s)
{
    if (!s->ending && clock_seconds() >= s->asking)
        begin_to_end(s, SIGTERM, false);
}

static void kill_when_due(supervisor *s)
{
    if (s->killed || clock_seconds() < s->deadline)
        return;
    job_kill(&s->job);
    s->killed = true;
}

static int milliseconds_left(const supervisor *s)
{
    double due = s->killed ? INFINITY : s->ending ? s->deadline : s->asking;
    if (s->job.orphans.look_again < due)
        due = s->job.orphans.look_again;
    return due == INFINITY ? -1 : clock_milliseconds_until(due);
}

/* Until a signal, a byte of output or the deadline. */
static void wait_for_events(supervisor *s, int milliseconds)
{
    s->places[0] = (struct pollfd){.fd = s->signals.fd, .events = POLLIN};
    poll(s->places, 1 + output_watch(&s->job.output, s->places + 1), milliseconds);
}

static void watch(supervisor *s)
{
    while (s->job.running > 0) {
        wait_for_events(s, milliseconds_left(s));
        take_signals(s);
        output_move(&s->job.output);
        ask_when_due(s);
        kill_when_due(s);
        if (clock_seconds() >= s->job.orphans.look_again)
            orphans_reap(&s->job.orphans);
    }
}

/* What the processes wrote last, for as long as its reader takes; but a launcher that is asked to end does. */
static void finish_output(supervisor *s)
{
    s->killed = false;
    while (output_drain(&s->job.output) && !(s->signal && clock_seconds() >= s->deadline)) {
        wait_for_events(s, s->signal ? milliseconds_left(s) : -1);
        take_signals(s);
    }
}

/* Memory that runs out from here on costs lines of output at most. */
static void stay(supervisor *s, verdict *v)
{
    accel_try(err) {
        watch(s);
        job_clear(&s->job);
        finish_output(s);
        job_judge(&s->job, s->signal, v);
    }
}

/* True when a process failed, which another attempt may help. */
static bool run_once(supervisor *s, const launch_plan *plan, int attempt, verdict *v)
{
    if (job_start(&s->job, plan, attempt, s->logs_run, s->signals.fd) == ACCEL_OK)
        stay(s, v);
    bool failed = !accel_error_is_set() && s->job.first_failed >= 0 && !job_wants_to_resume(&s->job);
    job_dispose(&s->job);
    take_signals(s); /* that came meanwhile: nobody is left to have them */
    return failed;
}

accel_status supervisor_run(const launch_plan *plan, verdict *v)
{
    RETURN_STATUS_IF_FAILED();
    supervisor s = {.asking = INFINITY, .deadline = INFINITY};
    s.places = memory_alloc(1 + output_places(plan->num_processes), sizeof *s.places);
    s.logs_run = s.places ? logs_create_run(plan->log_dir) : NULL;
    if (!accel_error_is_set() && signals_take(&s.signals) == ACCEL_OK) {
        int attempt = 0;
        while (run_once(&s, plan, attempt, v) && attempt < plan->max_restarts && s.signal == 0 && s.key == 0) {
            accel_log_line(ACCEL_LOG_WARNING, "%s; all processes are started anew (%d of %d)", v->line,
                           ++attempt, plan->max_restarts);
            s.asking = s.deadline = INFINITY;
            s.ending = s.killed = false;
        }
        signals_give_back(&s.signals);
    }
    memory_free(s.logs_run);
    memory_free(s.places);
    return accel_error_status();
}
