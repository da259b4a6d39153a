/* The processes that train together, as one of them sees them.
 *
 *     group *g = group_join(&ranks, timeouts, device); // waits for all
 *     if (group_begin(g, "accelerator_gather")) {
 *         …                                            // operations of the engine
 *         group_end(g);                                // what went wrong, in words
 *     }
 *     group_leave(g);                                  // waits for all
 *     group_free(g);
 *
 * A process that fails says so at the next call of the group that it refuses to make, which is when the others begin to
 * wait for it; one that dies says so by its lifeline. All others then fail with ACCEL_EPEER, at once, in whichever
 * operation they wait.
 *
 * A group belongs to the thread that joined it, and to the process: neither another thread nor a fork can make calls.
 *
 * NULL stands for a process that trains alone: calls begin and end, and there is nobody to tell.
 */
#ifndef ACCEL_COMM_GROUP_H
#define ACCEL_COMM_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/environment.h"
#include "engine/group.h"

typedef struct group group;

/* Seconds that processes wait for each other: until all are there, and in every later call. */
typedef struct group_timeouts {
    double meeting, call;
} group_timeouts;

/* Collective. `device`: of this process; of one type in all of them. */
group *group_join(const environment_ranks *ranks, group_timeouts timeouts, accel_device device);

/* Says that this process has finished, and waits until all have; or that it has failed, when its record is set. On the
   group's own thread. */
accel_status group_leave(group *g);

void group_free(group *g); /* NULL does nothing */

int group_rank(const group *g);
int group_size(const group *g);
accel_device group_device(const group *g); /* the CPU of a process alone */
engine_group *group_engine(group *g);

/* How many operations of the engine were begun: the same in all processes where they are as far. From any thread. */
uint64_t group_operations(group *g);

/* How processes of the group meet outside of its calls: where process 0 is, and the word by which they know each other. */
typedef struct group_contact {
    const char *host; /* borrowed */
    bool local;       /* all are on this machine */
    uint64_t secret;
    double timeout; /* seconds */
} group_contact;
group_contact group_get_contact(const group *g);

/* Every collective call is between these two. `call`, a static string, is what records and other processes name it. False:
   do not go on, the reason is recorded. */
bool group_begin(group *g, const char *call);
accel_status group_end(group *g);
bool group_is_in_call(const group *g);

/* Between them: runs what may wait for the others without an end, and starts threads of the transport. False: it did not come
   back in time, and `argument` must stay for ever. */
bool group_work(group *g, accel_status (*work)(void *argument), void *argument);

/* Between them: what the call is in by its public name, such as a hook's operation; failures and reports name it instead. Gives
   the name before, which is to be put back unless the operation failed. */
const char *group_go_into(group *g, const char *call);

/* Between them: this thread's record is every process's, who all go on. Any other failure of the call loses the group. */
void group_agree(group *g);

/* 0, 1, 2 …: what all processes make in one order is known by its number. */
int group_next_number(group *g);

/* Where a process is in a loop over batches that process 0 reads for all, which all go through together: compared at every call. */
typedef struct group_progress {
    int32_t loop, batch; /* both from 1; 0: in none */
} group_progress;

/* Who tells it, on the group's own thread. */
void group_set_progress(group *g, group_progress (*tell)(void));
group_progress group_get_progress(const group *g);

/* Whether processes may run out of work before the others: see joining.h. */
void group_set_joins(group *g, bool joins);
bool group_joins(const group *g);

/* Who has not, as of the last call. `count` of all; `first` of them, as of the last call in which there was any. */
void group_note_present(group *g, int rank, bool present);
bool group_is_present(const group *g, int rank);
int group_count_present(const group *g);
int group_first_present(const group *g);
/* After group_agree: the failure loses the group all the same, since the call stops in the middle. */
void group_lose(group *g);

/* The failure that lost the group; ACCEL_OK while it is not lost, and for NULL. */
accel_status group_failure(group *g);

/* The same when this thread's record is set, and so the group is lost: waits for what process 0 says came first, which decides. */
accel_status group_verdict(group *g);

/* The process on which the failure of this thread's record began: another's, or this one. */
int group_failed_rank(group *g);

#endif
