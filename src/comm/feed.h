/* Messages of any size from process 0 to each other process, while they compute: between calls, during them, from other
 * threads. They belong to passes, each with an end of its own, and processes may be in different ones: what was sent is
 * not taken back, and who does not want it throws it away in its next pass. Who leaves a pass before its last message says so
 * to process 0, and hears of it where process 0 goes on.
 */
#ifndef ACCEL_COMM_FEED_H
#define ACCEL_COMM_FEED_H

#include "base/buffer.h"
#include "comm/group.h"

typedef struct feed feed;

/* Collective, between group_begin and group_end. */
feed *feed_open(group *g, const char *call);
void feed_free(feed *f); /* NULL does nothing */

/* In process 0, before feed_free where the others may not be as far: waits until their connections have taken what was sent,
   as long as processes wait for each other and none has failed. In the others nothing. */
void feed_settle(feed *f, group *g);

/* Every process begins the same passes. */
void feed_begin_pass(feed *f);

/* In process 0. The message, of one byte at least, is taken; `last`: none follows it in the pass. Waits while two others wait
   for that process. Does nothing once the pass is over, or has had its last message there. ACCEL_EPEER: the process is gone,
   or has left the pass before that message. */
accel_status feed_send(feed *f, int rank, buffer *message, bool last);

/* In the others: the next message of the pass, new; an empty one when the pass is over. ACCEL_EPEER: process 0 is gone, or has
   ended the pass before its last message, or goes on in one that this process has left; ACCEL_ETIMEOUT: it sent nothing for as long as processes wait for each other. */
accel_status feed_receive(feed *f, buffer *message);

/* The program has the next message of the pass; in process 0 what goes to itself. */
void feed_note_taken(feed *f);

/* The pass is over here: nobody waits any more. From any thread. */
void feed_end_pass(feed *f);

#endif
