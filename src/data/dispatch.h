/* One process reads for all: both ends of it.
 *
 *     process 0    batches of all ──▶ dispatch_open_reader ──▶ its own
 *                                          │ feed
 *     process 1                            └──▶ dispatch_open ──▶ its own
 *
 * Source: DataLoaderDispatcher.
 */
#ifndef ACCEL_DATA_DISPATCH_H
#define ACCEL_DATA_DISPATCH_H

#include "base/buffer.h"
#include "data/batch_source.h"

/* What carries messages from process 0 to the others, while loops over one loader run. */
typedef struct dispatch_feed {
    void *user;
    int world_size;
    void (*begin)(void *user); /* a loop: messages of the ones before are nobody's */
    /* Taken; waits while others are on their way. After the last one of the loop, and after interrupt, it does nothing. */
    accel_status (*send)(void *user, int rank, buffer *message, bool last);
    accel_status (*receive)(void *user, buffer *message); /* new; nothing after interrupt */
    void (*took)(void *user);                             /* the loop has its next batch */
    /* Of this loop nothing is waited for any more; whose last message was not sent is told that process 0 has left. From any
       thread. */
    void (*interrupt)(void *user);
} dispatch_feed;

/* In process 0: its own batches. `batches`, of all processes round by round, is taken, also on failure. `skipped`: how many batches
   of each process the loop begins after. */
bool dispatch_open_reader(batch_source *source, const batch_source *batches, int64_t skipped, int workers,
                          int ahead, const dispatch_feed *feed);

/* In another: its own. At most `ahead` are wanted before they are used. ACCEL_EMISMATCH where process 0 skipped another number. */
bool dispatch_open(batch_source *source, int64_t skipped, int ahead, const dispatch_feed *feed);

#endif
