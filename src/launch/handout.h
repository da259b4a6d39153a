/* What every process of a launch is handed through its environment, as the reference's launcher hands it: settings, not ranks. */
#ifndef ACCEL_LAUNCH_HANDOUT_H
#define ACCEL_LAUNCH_HANDOUT_H

#include <stdbool.h>

#include "launch/choices.h"

typedef struct handout {
    paradigm paradigm;
    bool cpu, python;
    bool parallelism;    /* in several dimensions */
    int local_processes; /* of this machine */
    int gpus;            /* that it has */
    const char *address; /* where processes meet that another launcher starts; NULL: this one says it to each */
    int port;
    const char *timeout; /* seconds that the processes wait for each other; NULL: nothing is said of them */
} handout;

/* NAME=VALUE, ended by NULL: new, word_list_free. Programs find what was said, scripts of Python the defaults, too. NULL for nothing, and on
   failure. */
char **handout_make(const handout *h, const choices *c);

/* The threads that each process is told to compute with; 0: none, for it shares the cores out by itself. */
int handout_threads(const handout *h, const choices *c);

#endif
