/* Devices besides the CPU, plain C: GPUs, where this process has any. A device is given as checked: its index is below
 * engine_device_count.
 */
#ifndef ACCEL_ENGINE_DEVICE_H
#define ACCEL_ENGINE_DEVICE_H

#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many GPUs there are: 0 without a driver, and with a libtorch that knows none. */
int engine_device_count(void);

/* Where operations of this thread go that name a GPU without an index. */
accel_status engine_device_use(accel_device device);

/* Waits for what this thread has begun there. */
accel_status engine_device_synchronize(accel_device device);

/* Gives the memory that is kept there for later tensors back to the driver. */
accel_status engine_device_release_memory(accel_device device);

/* Bytes of a GPU that nobody has, and that there are, as the driver counts them. */
accel_status engine_device_memory(accel_device device, int64_t *free, int64_t *total);

/* ---- tensors that change in place ---- */

/* A tensor and its gradient, in place: handles and graphs that hold it go on holding it. */
accel_status engine_tensor_move(accel_tensor *tensor, accel_device device, const char *call);

/* The same to another floating dtype; a tensor of integers stays what it is. */
accel_status engine_tensor_convert(accel_tensor *tensor, accel_dtype dtype, const char *call);

/* A copy on a GPU, through pinned memory and on a stream of this thread's own, beside what others compute there; it is complete
   when this returns. Without a graph. */
engine_payload engine_tensor_send(accel_tensor *tensor, accel_device device);

/* Of a tensor that another thread has sent, on the thread that is going to use it: its memory is not used again before that is
   done. */
accel_status engine_tensor_receive(accel_tensor *tensor);

/* ---- random numbers ---- */

/* The default generator of a device, or one of its own there; free with engine_generator_free. */
engine_generator *engine_generator_of_device(accel_device device);
engine_generator *engine_generator_create_on(accel_device device, uint64_t seed);
accel_device engine_generator_device(engine_generator *generator);
/* The default generators of all GPUs. */
accel_status engine_seed_devices(uint64_t seed);

#ifdef __cplusplus
}
#endif

#endif
