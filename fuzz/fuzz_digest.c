/* Any bytes at all as a file of a state: whatever its name says that it is, its spans are one after another up to its end, and it is
   what it was. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <accel/error.h>

#include "base/file.h"
#include "checkpoint/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check(const char *path, const char *name, size_t size)
{
    digest d;
    if (digest_file(&d, path, name) == ACCEL_OK) {
        require(digest_size(&d) == size);
        for (size_t i = 1; i < d.count; i++)
            require(d.spans[i - 1].end < d.spans[i].end);
        require(digest_compare(&d, path, "fuzz") == ACCEL_OK);
    }
    accel_error_clear();
    digest_dispose(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"model.safetensors", "accel_process_0.bin", "notes"};
    FILE *file = fopen("bytes", "wb");
    require(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check("bytes", names[i], size);
    return 0;
}
