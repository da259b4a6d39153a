/* What the facade tells a loader when it is prepared. */
#ifndef ACCEL_DATA_LOADER_H
#define ACCEL_DATA_LOADER_H

#include <accel/loader.h>

#include "base/object.h"

extern const object_class loader_class;

/* Ends every loop that is running on this thread. */
void loader_end_all(void);

/* The seed of the order, unless the program chose one itself. */
accel_status loader_set_data_seed(accel_loader *loader, int64_t seed);

#endif
