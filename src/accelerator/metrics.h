/* What processes have of a batch, where it is not the same. */
#ifndef ACCEL_ACCELERATOR_METRICS_H
#define ACCEL_ACCELERATOR_METRICS_H

#include "accelerator/facade.h"
#include "data/batch_source.h"

/* The round of the batch in hand, of a loader that was prepared; NULL for none. */
const batch_round *metrics_round(const facade *f);

/* Whether processes have batches of different sizes in it; false for NULL. */
bool metrics_rows_differ(const facade *f, const batch_round *round);

#endif
