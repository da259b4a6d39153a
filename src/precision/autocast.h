/* Blocks in which operations choose their dtype, and outputs that leave them. Source: torch.autocast;
 * accelerate.utils.convert_outputs_to_fp32. */
#ifndef ACCEL_PRECISION_AUTOCAST_H
#define ACCEL_PRECISION_AUTOCAST_H

#include <accel/dict.h>
#include <accel/precision.h>

#include "engine/autocast.h"

/* Enters a block on this thread, for operations on devices of that type; ACCEL_PRECISION_NO: one without autocast. `before` is
   for autocast_leave. */
accel_status autocast_enter(accel_mixed_precision precision, accel_device_type device, engine_autocast *before);
void autocast_leave(const engine_autocast *before);

/* Parameters have changed inside of a block. */
void autocast_forget(void);

/* A tensor of half precision as float32, any other one itself: new, or the same handle. */
accel_tensor *autocast_output(accel_tensor *output);
/* The same for every tensor of a dict: new, or the same handle. */
accel_dict *autocast_outputs(accel_dict *outputs);

#endif
