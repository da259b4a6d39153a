/* Messages of any size from process 0 to each other process, while they compute: between calls, during them, from other
 * threads. They belong to passes: what was not received before the next one begins is nobody's.
 */
#ifndef ACCEL_COMM_FEED_H
#define ACCEL_COMM_FEED_H

#include "base/buffer.h"
#include "comm/group.h"

typedef struct feed feed;

/* Collective, between group_begin and group_end. */
feed *feed_open(group *g, const char *call);
void feed_free(feed *f); /* NULL does nothing */

/* Every process begins the same passes. */
void feed_begin_pass(feed *f);

/* In process 0. The message is taken. Waits while two others wait for that process, unless the pass is over. ACCEL_EPEER: it
   is gone. */
accel_status feed_send(feed *f, int rank, buffer *message);

/* In the others: the next message of the pass, new; an empty one when the pass is over. ACCEL_EPEER: process 0 is gone;
   ACCEL_ETIMEOUT: it sent nothing for as long as processes wait for each other. */
accel_status feed_receive(feed *f, buffer *message);

/* The pass is over: nobody waits any more, and what has not begun to be sent will not be. From any thread. */
void feed_end_pass(feed *f);

#endif
