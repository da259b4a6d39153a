/* Gradients that are the same in all processes: averaged while the backward pass runs.
 *
 * What is trained is a bare list of parameters: whatever forward a gradient comes from, it is averaged. Who runs the
 * forward calls gradients_before_forward.
 *
 * Source: torch.nn.parallel.DistributedDataParallel.
 */
#ifndef ACCEL_COMM_GRADIENTS_H
#define ACCEL_COMM_GRADIENTS_H

#include <accel/dict.h>

#include "comm/data_parallel.h"
#include "comm/group.h"

typedef struct gradients gradients;

/* Compares the parameters and buffers of all processes, then gives all of them those of process 0. Both dicts are
   retained. The options are the same in all processes. Collective, between group_begin and group_end. */
gradients *gradients_create(group *g, accel_dict *parameters, accel_dict *buffers,
                            const data_parallel *options);
void gradients_free(gradients *s); /* NULL does nothing */

/* Before a forward. Where gradients are on, it is collective if there are buffers that are broadcast: they become those of
   process 0. Where they are off, nothing happens. */
accel_status gradients_before_forward(gradients *s);

/* Between the two, which may nest, gradients are added up in each process for itself, and buffers stay its own. */
void gradients_hold(gradients *s);
void gradients_release(gradients *s);

/* Whether gradients that were added up so wait for a backward pass that averages them. False between the two. */
bool gradients_are_waiting(const gradients *s);

/* Before a backward pass, and NULL after it: where it starts from. */
accel_status gradients_set_loss(gradients *s, accel_tensor *loss);

/* ---- where processes may run out of work before the others: see joining.h ---- */

/* By which it is known to all: how many were made before it in this group. */
int gradients_number(const gradients *s);

/* Takes part in a round of the others, who have gradients, without any. */
accel_status gradients_follow_round(gradients *s, const char *call);

/* Takes part in their giving each other the buffers; and in giving all processes one process's parameters and buffers. */
accel_status gradients_follow_buffers(gradients *s, const char *call);
accel_status gradients_share(gradients *s, const char *call, int from_process);

/* Whether the backward passes so far averaged every gradient; else an error names the parameters that they did not reach. */
accel_status gradients_check(gradients *s, const char *call);

#endif
