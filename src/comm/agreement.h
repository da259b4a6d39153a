/* What all processes have in common. All are collective, between group_begin and group_end. */
#ifndef ACCEL_COMM_AGREEMENT_H
#define ACCEL_COMM_AGREEMENT_H

#include "comm/group.h"

/* Compares a text of any length, line by line: ACCEL_EMISMATCH shows the first line that differs, in the same words in
   every process. `what` it describes: "the model". */
accel_status agreement_check(group *g, const char *call, const char *what, const char *text);

/* The same, in the same message as agreement_max. */
accel_status agreement_check_max(group *g, const char *call, const char *what, const char *text,
                                 int64_t *number);

/* Gives everybody process 0's number, or that of the first process that is present. */
accel_status agreement_share(group *g, const char *call, int64_t *number);

/* Gives everybody the sum of all processes' numbers. */
accel_status agreement_sum(group *g, const char *call, int64_t *number);

/* Gives everybody the largest of all processes' numbers. */
accel_status agreement_max(group *g, const char *call, int64_t *number);

#endif
