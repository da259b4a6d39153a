/* The options of averaging, checked, as all processes have to have them. */
#ifndef ACCEL_COMM_DATA_PARALLEL_H
#define ACCEL_COMM_DATA_PARALLEL_H

#include <accel/data_parallel.h>
#include <accel/error.h>

#include "base/buffer.h"

/* The defaults with what was given, NULL for nothing, over them; records what is wrong with it. */
accel_status data_parallel_init(accel_data_parallel_options *options, const accel_data_parallel_options *given);

/* Lines that differ where options do. */
void data_parallel_describe(const accel_data_parallel_options *options, buffer *text);

#endif
