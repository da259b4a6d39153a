/* Tensors of which all processes take the mean. */
#ifndef ACCEL_COMM_MEAN_H
#define ACCEL_COMM_MEAN_H

#include <accel/dict.h>

#include "comm/group.h"

/* The means over the processes of those of a floating dtype, in place, many in one message. Their shapes are the same in all processes,
   which prepare has seen; `moment`, of which the first 15 letters count, is compared. A whole call of the group.
   Source: LocalSGD._sync_and_avg_model_params, tensor by tensor. */
accel_status mean_take(group *g, const char *call, accel_dict *tensors, const char *moment);

#endif
