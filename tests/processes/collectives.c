/* Operations among processes on tensors of every dtype, little ones and such as travel by themselves. Process 0 prints what came out,
 * to the last bit.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <accel/accel.h>

static const accel_dtype dtypes[] = {ACCEL_UINT8,   ACCEL_INT8,    ACCEL_INT16,    ACCEL_INT32,
                                     ACCEL_INT64,   ACCEL_FLOAT16, ACCEL_BFLOAT16, ACCEL_FLOAT32,
                                     ACCEL_FLOAT64, ACCEL_BOOLEAN};

/* Of the bytes. Source: FNV-1a. */
static uint64_t hash(accel_tensor *tensor)
{
    static unsigned char bytes[1 << 20];
    size_t count = (size_t)accel_tensor_numel(tensor) * accel_dtype_size(accel_tensor_dtype(tensor));
    uint64_t sum = UINT64_C(14695981039346656037);
    if (count > sizeof bytes || accel_tensor_copy_to(tensor, bytes, count) != ACCEL_OK)
        return 0;
    for (size_t i = 0; i < count; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
    return sum;
}

/* Numbers that differ in each process: integers whose sums of one byte are too large, fractions of all sizes that a half has. */
static accel_tensor *make(accelerator *acc, accel_dtype dtype, int64_t count)
{
    double scale = accel_dtype_is_floating(dtype) ? 0.37 : dtype == ACCEL_UINT8 ? 2 : 1;
    accel_tensor *numbers = accel_to_dtype(accel_arange(count), ACCEL_FLOAT64);
    numbers = accel_op("aten::mul.Scalar", accel_op("aten::remainder.Scalar", numbers, 100.0), scale);
    numbers = accel_op("aten::add.Scalar", numbers, 13.0 * accelerator_process_index(acc));
    if (dtype == ACCEL_FLOAT16)
        numbers = accel_op("aten::pow.Tensor_Scalar", accel_op("aten::mul.Scalar", numbers, 0.08), 8.0);
    return accel_to_dtype(numbers, dtype);
}

static void try_dtype(accelerator *acc, accel_dtype dtype, int64_t count)
{
    const char *name = accel_dtype_name(dtype);
    accelerator_print(acc, "%s gather %016" PRIx64 "\n", name,
                      hash(accelerator_gather(acc, make(acc, dtype, count))));
    for (int from = 0; from < accelerator_num_processes(acc); from++) {
        accel_tensor *tensor = make(acc, dtype, count);
        accelerator_broadcast(acc, tensor, from);
        accelerator_print(acc, "%s broadcast %016" PRIx64 "\n", name, hash(tensor));
    }
    if (dtype != ACCEL_BOOLEAN)
        accelerator_print(acc, "%s sum %016" PRIx64 "\n", name,
                          hash(accelerator_reduce(acc, make(acc, dtype, count), .reduction = "sum")));
}

int main(void)
{
    accelerator *acc = accelerator_create(.cpu = true);
    for (int64_t count = 7; count < 100000; count *= 9999)
        for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
            accel_scoped()
                try_dtype(acc, dtypes[i], count);
    accelerator_wait_for_everyone(acc);
    return accelerator_finish(acc);
}
