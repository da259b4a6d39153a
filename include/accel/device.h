/**
 * Devices: the CPU, and GPUs where there are any.
 *
 * A program that goes through accelerator_prepare needs little of this: its modules, optimizers and batches are put on
 * accelerator_device, and what is computed from them is there, too.
 *
 *     accel_tensor *x = accel_to_device(weights, accelerator_device(acc));
 *     accel_tensor *y = accel_to_device(x, accel_device_cpu());
 *
 * Operations want their tensors on one device. Work on a GPU goes on while the program does: whatever reads values, such as
 * accel_item, accel_tensor_copy_to and accel_tensor_print, waits for it.
 *
 * Source: torch.device, torch.cuda.
 */
#ifndef ACCEL_DEVICE_H
#define ACCEL_DEVICE_H

#include <accel/dict.h>
#include <accel/scope.h>
#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/** The CPU; a GPU, counted from 0 among those that this process sees ($CUDA_VISIBLE_DEVICES). */
static inline accel_device accel_device_cpu(void)
{
    accel_device device = {ACCEL_CPU, -1};
    return device;
}
static inline accel_device accel_device_cuda(int index)
{
    accel_device device = {ACCEL_CUDA, index};
    return device;
}

/** Whether both are the same place. */
static inline bool accel_device_is(accel_device one, accel_device other)
{
    return one.type == other.type && (one.type == ACCEL_CPU || one.index == other.index);
}

/** How many devices of that type there are: 1 CPU; no GPU without a driver, or where libtorch was built without CUDA.
    Source: torch.cuda.device_count. */
ACCEL_API int accel_device_count(accel_device_type type);

/** PyTorch's name: "cpu", "cuda:0". Lasts until the thread's next call of accel_device_name. */
ACCEL_API const char *accel_device_name(accel_device device);

/** Waits until the device has done all that this process has begun there. Source: torch.cuda.synchronize. */
ACCEL_API accel_status accel_device_synchronize(accel_device device);

/** Bytes of a GPU's memory that no process has taken, and that it has. What the engine keeps for this process's later tensors
    counts as taken, until accelerator_free_memory. ACCEL_EINVAL for the CPU. Source: torch.cuda.mem_get_info. */
ACCEL_API accel_status accel_device_memory(accel_device device, int64_t *free, int64_t *total);

/** accel_zeros, accel_ones and accel_full, made on the device: new. Source: torch.zeros(device=…). */
ACCEL_API accel_tensor *accel_zeros_on(accel_device device, accel_dtype dtype, const int64_t *sizes,
                                       size_t rank);
ACCEL_API accel_tensor *accel_ones_on(accel_device device, accel_dtype dtype, const int64_t *sizes,
                                      size_t rank);
ACCEL_API accel_tensor *accel_full_on(accel_device device, double value, accel_dtype dtype,
                                      const int64_t *sizes, size_t rank);

/** x on the device: new; x itself, in another handle, if it is there already. Autograd sees through it. Source: Tensor.to. */
ACCEL_API accel_tensor *accel_to_device(accel_tensor *x, accel_device device);

/** A dict of the same names with every tensor on the device: new.
    Source: accelerate.utils.send_to_device. */
ACCEL_API accel_dict *accel_dict_to_device(accel_dict *dict, accel_device device);

ACCEL_END_DECLS

#endif
