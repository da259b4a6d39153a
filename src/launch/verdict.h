/* How a launch ended: its exit status, and one line that says why. */
#ifndef ACCEL_LAUNCH_VERDICT_H
#define ACCEL_LAUNCH_VERDICT_H

#include "launch/child.h"
#include "launch/report.h"

enum { VERDICT_LINE_MAX = REPORT_MESSAGE_MAX + 160, VERDICT_LAST_MAX = 2048 };

typedef struct verdict {
    int exit_status;
    char line[VERDICT_LINE_MAX];       /* without a line break; "" when all is well */
    char last_lines[VERDICT_LAST_MAX]; /* that the process wrote into its file of standard error; "" for none */
} verdict;

/* Of a process that failed. `first` is the first one seen to fail and `said` its report; when that names another rank
   as the one where the failure began, that is `named` and `own` its report, else NULL. The first one's exit status
   holds, unless the named one ended badly by itself. */
void verdict_of_failure(verdict *v, const child *first, const report *said, const child *named,
                        const report *own);

/* Of lines that the launcher could not write there, for this errno. */
void verdict_of_lost_output(verdict *v, const char *where, int error);

/* A signal asked the launcher to end. */
void verdict_of_signal(verdict *v, int signal);

/* All processes ended with `exit_status`, ACCEL_EXIT_RESUME, after `signal` or, where that is 0, by themselves. */
void verdict_of_resumption(verdict *v, int signal, int exit_status);

#endif
