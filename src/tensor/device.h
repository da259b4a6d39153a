/* Tensors on devices, as the rooms above use them. */
#ifndef ACCEL_TENSOR_DEVICE_H
#define ACCEL_TENSOR_DEVICE_H

#include <accel/device.h>

#include "engine/device.h"

/* "cpu", "cuda:0" into `name`. Returns `name`: accel_device_name's buffer is the program's. */
enum { DEVICE_NAME = 32 };
const char *device_name_into(accel_device device, char name[DEVICE_NAME]);

/* Whether there is such a device; records why not. */
bool device_check(accel_device device, const char *call);

/* accel_to_device under another name. */
accel_tensor *device_tensor(accel_tensor *tensor, accel_device device, const char *call);

/* Puts a tensor and its gradient on the device, in place: whoever holds it goes on holding it. */
accel_status device_move(accel_tensor *tensor, accel_device device, const char *call);

/* The same to another floating dtype; a tensor of integers stays what it is. */
accel_status device_convert(accel_tensor *tensor, accel_dtype dtype, const char *call);

/* New tensors on the device of another one: whatever the memory holds, zeros, one value. */
accel_tensor *device_empty(accel_tensor *beside, accel_dtype dtype, const int64_t *sizes, size_t rank);
accel_tensor *device_zeros(accel_tensor *beside, accel_dtype dtype, const int64_t *sizes, size_t rank);
accel_tensor *device_scalar(accel_tensor *beside, double value, accel_dtype dtype);

/* A batch on its way to the thread that uses it: a dict of copies on the device, which nobody has to wait for; new. Then, on that
   thread, device_receive. */
accel_dict *device_send(accel_dict *batch, accel_device device);
accel_status device_receive(accel_dict *batch);

#endif
