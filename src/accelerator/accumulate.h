/* Windows of micro-batches whose gradients are added up for one step. */
#ifndef ACCEL_ACCELERATOR_ACCUMULATE_H
#define ACCEL_ACCELERATOR_ACCUMULATE_H

#include "accelerator/facade.h"

/* Before the first micro-batch, and without any: every backward pass is a window. */
void window_init(window *w, int64_t steps);

/* What the loss at hand is multiplied by. `items` in it: -1 when nobody counted. In a window's last micro-batch it brings what
   was added up before to the same measure. Collective there in the group that averages gradients, in whose call it is, when
   there are items. NaN on failure. */
double window_weigh(facade *f, group *averaging, int64_t items);

#endif
