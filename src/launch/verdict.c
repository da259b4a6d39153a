#include "launch/verdict.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* As shells number it. */
static int exit_status(const child *c) { return c->signal ? 128 + c->signal : c->code; }

/* The launcher's own signals end whoever can be ended; a code or another signal together with a report is its own. */
static bool ended_by_itself(const child *c, const report *own)
{
    if (child_has_failed(c))
        return true;
    bool other_signal = c->signal != 0 && c->signal != SIGTERM && c->signal != SIGKILL;
    return own->there && (c->code != 0 || other_signal);
}

static void name_signal(char *text, size_t size, int signal)
{
    const char *name = sigabbrev_np(signal);
    snprintf(text, size, "signal %d%s%s%s", signal, name ? " (SIG" : "", name ? name : "", name ? ")" : "");
}

static void describe(char *text, size_t size, const child *c, bool by_itself)
{
    char name[48] = "";
    name_signal(name, sizeof name, c->signal);
    if (!by_itself)
        snprintf(text, size, "process %d (pid %d) failed", c->rank, (int)c->last_pid);
    else if (c->signal)
        snprintf(text, size, "process %d (pid %d) was killed by %s", c->rank, (int)c->last_pid, name);
    else
        snprintf(text, size, "process %d (pid %d) exited with code %d", c->rank, (int)c->last_pid, c->code);
}

void verdict_of_failure(verdict *v, const child *first, const report *said, const child *named,
                        const report *own)
{
    const child *culprit = named ? named : first;
    bool by_itself = !named || ended_by_itself(named, own);
    const char *message = named && own->message[0] ? own->message : said->message;
    char end[128];
    describe(end, sizeof end, culprit, by_itself);
    v->exit_status = exit_status(by_itself ? culprit : first);
    snprintf(v->line, sizeof v->line, "%s%s%s", end, message[0] ? ": " : "", message);
}

void verdict_of_signal(verdict *v, int signal)
{
    char name[48];
    name_signal(name, sizeof name, signal);
    v->exit_status = 128 + signal;
    snprintf(v->line, sizeof v->line, "stopped by %s", name);
}

void verdict_of_resumption(verdict *v, int signal, int status)
{
    char name[48];
    name_signal(name, sizeof name, signal);
    v->exit_status = status;
    snprintf(v->line, sizeof v->line, "stopped%s%s, to go on when started again", signal ? " by " : "",
             signal ? name : "");
}

void verdict_of_lost_output(verdict *v, const char *where, int error)
{
    v->exit_status = 1;
    snprintf(v->line, sizeof v->line, "%s: %s; lines of the processes are lost", where, strerror(error));
}
