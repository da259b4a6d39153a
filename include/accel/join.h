/**
 * Inputs that run out in some processes before others.
 *
 *     accelerator_join_uneven_inputs(acc) {
 *         accel_for_each (batch, train) {
 *             …                                  // some processes have a batch more
 *         }
 *     }
 *
 * Source: Accelerator.join_uneven_inputs, torch.distributed.algorithms.Join.
 */
#ifndef ACCEL_JOIN_H
#define ACCEL_JOIN_H

#include <stdbool.h>

#include <accel/accelerator.h>

ACCEL_BEGIN_DECLS

/** The state of an accelerator_join_uneven_inputs block. */
typedef struct accelerator_join_block {
    bool open, joins;
    accelerator *acc;
} accelerator_join_block;

/** A block in which processes may make different numbers of steps. No sample is there twice: loops over prepared loaders that
    begin in it are not evened out. A process that comes to the end of the block goes along with what the others still do, until
    all are there:

    - gradients are averaged as if its own were 0: divided by the number of all processes;
    - gather, gather_for_metrics, reduce and their like have what the others bring, a mean is theirs; broadcast needs its sender
      present; wait_for_everyone waits for those that are present;
    - then all have the parameters, buffers, optimizer state, schedules and scale of a process that was the last to come.

    `break` leaves the block, too, and in a loop within it only that loop. Nothing is prepared in it, and no such block is begun.
    Collective at both ends. After a failure nobody is waited for. */
#define accelerator_join_uneven_inputs(acc)                                                                    \
    ACCEL_BLOCK(accelerator_join_block, accelerator_join_begin(acc), accelerator_join_end)

ACCEL_API accelerator_join_block accelerator_join_begin(accelerator *acc);
ACCEL_API void accelerator_join_end(accelerator_join_block *block);

ACCEL_END_DECLS

#endif
