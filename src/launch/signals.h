/* The launcher's signals, as events that a loop reads one by one. */
#ifndef ACCEL_LAUNCH_SIGNALS_H
#define ACCEL_LAUNCH_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include <accel/error.h>

typedef struct signals {
    int fd; /* readable when there is one; closed on exec */
    /* The last one that was told of: whoever is in this process's group has it already. */
    bool from_the_keyboard;
    sigset_t mask_before;
    struct sigaction child_before;
} signals;

/* From now on the signals that signals_next tells of do nothing else; those are SIGCHLD, what asks a program to end or
   to stop, SIGCONT, and SIGUSR1 and SIGUSR2. */
accel_status signals_take(signals *s);

/* The next one that arrived; 0 when there is none. */
int signals_next(signals *s);

/* Whether it asks the program to end, or to stop. */
bool signals_ends(int signal);
bool signals_stops(int signal);

/* Does what it would have done, which is to stop this process until it is continued; or nothing, where nobody could
   continue it. */
void signals_obey(int signal);

/* As it was before; what arrived and was not read is delivered. */
void signals_give_back(signals *s);

#endif
