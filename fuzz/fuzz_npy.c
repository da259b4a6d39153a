/* Any bytes at all as an array file: refused with a message, or a tensor whose every element can be read. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <accel/npy.h>
#include <accel/ops.h>
#include <accel/token_dataset.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char path[] = "fuzz_npy.npy";

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "w");
    require(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    accel_scoped() {
        accel_tensor *array = accel_npy_load(path);
        require((array == NULL) == accel_error_is_set());
        if (array) {
            require(accel_tensor_bytes(array) <= size);
            accel_sum(accel_to_dtype(array, ACCEL_FLOAT64));
            require(!accel_error_is_set());
        }
        accel_error_clear();
        accel_dataset *tokens = accel_token_dataset(path, .sequence_length = 1);
        require((tokens == NULL) == accel_error_is_set());
        accel_error_clear();
    }
    return 0;
}
