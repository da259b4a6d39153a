/* What the options of a loader may be, and what they come to. */
#ifndef ACCEL_DATA_LOADER_OPTIONS_H
#define ACCEL_DATA_LOADER_OPTIONS_H

#include <accel/loader.h>

accel_status loader_options_check(const accel_loader_options *options);

/* For an iterable dataset: what has no numbers cannot be put into another order. */
accel_status loader_options_check_iterable(const accel_loader_options *options);

/* The threads that make its batches. */
int loader_options_workers(const accel_loader_options *options, accel_dataset *dataset);

#endif
