/* A search for the batch that fits, of which process 1 alone has too little memory, while the others wait for it: the group is lost,
 * and another one comes to the end.
 */
#include <accel/accel.h>

int main(void)
{
    accelerator *acc = accelerator_create(.cpu = true);
    accelerator_find_executable_batch_size(acc, batch_size, 512) {
        accelerator_free_memory(acc);
        accel_module *model = accel_linear(4, 2);
        accelerator_prepare(acc, model);
        if (batch_size > 450 && accelerator_process_index(acc) == 1)
            accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE((int64_t)1 << 50));
        accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(batch_size, 4));
        accelerator_backward(acc, accel_mean(accel_forward(model, x)));
        accel_tensor *sum = accelerator_reduce(acc, x);
        accelerator_print(acc, "%d of %g\n", (int)batch_size, accel_item(accel_mean(sum)));
    }
    return accelerator_finish(acc);
}
