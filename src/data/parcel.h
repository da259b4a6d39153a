/* Batches on their way from process 0 to the others: what a loop over a dispatched loader says.
 *
 *     +------+-------+------+---------+------------------------------------------------+
 *     | head | round | rows | failure | tensors: dtype, sizes, name, data, one by one  |
 *     +------+-------+------+---------+------------------------------------------------+
 *
 * Processes run one program on machines of one kind: numbers go as they are in memory.
 */
#ifndef ACCEL_DATA_PARCEL_H
#define ACCEL_DATA_PARCEL_H

#include <accel/error.h>

#include "base/buffer.h"
#include "data/batch_source.h"

typedef enum parcel_kind {
    PARCEL_BATCH,
    PARCEL_END,     /* there are no more */
    PARCEL_FAILURE, /* no batch could be made, and why */
} parcel_kind;

typedef struct parcel {
    parcel_kind kind;
    int64_t skipped;   /* batches of each process that the loop began after */
    batch_round round; /* of a batch */
    accel_error error; /* of a failure */
} parcel;

/* `batch` is NULL where there is none. Its tensors are on the CPU. */
accel_status parcel_pack(const parcel *p, accel_dict *batch, int world_size, buffer *message);

/* What a message says. `p->round.rows` is borrowed from it. ACCEL_EFORMAT for what no process sends. */
accel_status parcel_read(parcel *p, const buffer *message);

/* The batch in it: new. */
accel_dict *parcel_unpack(const buffer *message);

#endif
