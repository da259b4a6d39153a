/* What the facade tells a schedule when it is prepared. */
#ifndef ACCEL_OPTIM_SCHEDULER_H
#define ACCEL_OPTIM_SCHEDULER_H

#include <accel/scheduler.h>

#include "base/object.h"

extern const object_class scheduler_class;

/* How many steps of the schedule one call of accel_scheduler_step takes. */
accel_status scheduler_set_stride(accel_scheduler *scheduler, int64_t stride);

#endif
