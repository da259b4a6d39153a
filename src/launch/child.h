/* One process of a launch, the first of a process group of its own; but who has the terminal is in the launcher's. */
#ifndef ACCEL_LAUNCH_CHILD_H
#define ACCEL_LAUNCH_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include <accel/error.h>

#include "launch/plan.h"
#include "launch/variables.h"

/* Once ended it stays a zombie until child_reap: until then nobody else can have its number or its group's. */
typedef struct child {
    int rank;
    pid_t pid;         /* 0: not started, or reaped */
    pid_t last_pid;    /* the number, for reading, after it was reaped too */
    bool ended;        /* by exiting with `code`, or by `signal` */
    bool asked_to_end; /* before it ended */
    bool at_terminal;
    int code, signal;
} child;

/* What a process begins with. Descriptors are borrowed and closed on exec. */
typedef struct child_setup {
    const launch_plan *plan;
    launch_variables variables;
    int streams[2]; /* what become its standard output and error; -1: the launcher's own */
    int closed[2];  /* of the launcher's, not for the process; -1: none */
    bool at_terminal;
} child_setup;

/* Starts a process and waits until it runs its program or function; if it cannot, the reason is recorded and nobody
   is left. It begins with no signal blocked or handled, and dies with the launcher. */
accel_status child_start(child *c, const child_setup *setup);

/* The signal by which it was stopped since the last look; 0: it was not. */
int child_note_stop(const child *c);

/* Whether it has ended: true once, the first time it has. */
bool child_note_end(child *c);

/* Ended by itself and not well. */
bool child_has_failed(const child *c);

/* To its whole process group, or to it alone where that is gone. Of who has the terminal, to those whom it started. */
void child_signal(const child *c, int signal);

/* Kills who is left of its group, and forgets the process, which has ended. */
void child_reap(child *c);

#endif
