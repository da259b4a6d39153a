/* The options of averaging, checked, as all processes have to have them. */
#ifndef ACCEL_COMM_DATA_PARALLEL_H
#define ACCEL_COMM_DATA_PARALLEL_H

#include <accel/data_parallel.h>
#include <accel/error.h>

#include "base/buffer.h"

typedef struct data_parallel {
    accel_data_parallel_options options;
    accel_power_sgd_options power_sgd;
} data_parallel;

/* The defaults with what was given, NULL for nothing, over them; records what is wrong with it. */
accel_status data_parallel_init(data_parallel *d, const accel_data_parallel_options *given);

/* Whether it is one of its two kinds. */
bool data_parallel_is_power_sgd(accel_comm_hook hook);

/* Lines that differ where options do. Of a function of the program only whether there is one. */
void data_parallel_describe(const data_parallel *d, buffer *text);

#endif
