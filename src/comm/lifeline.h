/* A process's connection to the hub, and the thread that listens to it.
 *
 * What it brings: everybody is here; a process failed, is gone, has finished; all have finished. When the connection
 * itself breaks, process 0 is gone.
 */
#ifndef ACCEL_COMM_LIFELINE_H
#define ACCEL_COMM_LIFELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "comm/message.h"

typedef struct lifeline lifeline;

/* Why the group is lost: the first failure of all. */
typedef struct lifeline_failure {
    int rank; /* on which it began */
    accel_status status;
    bool common; /* of all processes, in the same words */
    char text[MESSAGE_TEXT];
} lifeline_failure;

typedef struct lifeline_options {
    int fd; /* a connection to the hub; taken, also on failure */
    int rank;
    uint64_t world_size;
    uint64_t secret;
    /* Both on the lifeline's thread. `notify`: there is a failure, or a process has finished. `locate` fills in
       `number`, `progress` and `text`: what this process is in. Twice a second it looks whether it is stuck there. */
    void (*notify)(lifeline *l, void *user);
    void (*locate)(message *state, void *user);
    void *user;
} lifeline_options;

lifeline *lifeline_start(const lifeline_options *options);
void lifeline_stop(lifeline *l); /* NULL does nothing */

/* Waits for all to arrive; false on a failure or after `seconds`. */
bool lifeline_wait_ready(lifeline *l, double seconds);

/* Whether the group has failed; waits up to `seconds` for the news. */
bool lifeline_has_failed(lifeline *l, double seconds, lifeline_failure *failure);

/* Tells everybody that this process failed, `text` in whole words, and waits until they are told. An earlier failure of
   another stands. */
void lifeline_fail(lifeline *l, accel_status status, const char *text);

/* Whether some process has finished: the one with the fewest operations, and their number. */
bool lifeline_is_left(lifeline *l, int *rank, uint64_t *number);

/* Says that this process has finished after `number` operations, and waits for all others to; false on a failure or
   after `seconds`. */
bool lifeline_leave(lifeline *l, uint64_t number, double seconds);

/* Where everybody is, in words; "" when the hub does not answer, or has news of a failure instead. */
void lifeline_ask(lifeline *l, char text[MESSAGE_TEXT]);

#endif
