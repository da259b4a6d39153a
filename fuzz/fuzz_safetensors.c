/* Any bytes at all: the reader refuses them with a message, or every span it hands out lies inside them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <accel/error.h>

#include "safetensors/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The spans follow each other up to the last byte, and each is as long as its shape and dtype say. */
static void check_entries(const safetensors_file *file, const uint8_t *data, size_t size)
{
    size_t count = 0;
    const safetensors_entry *entries = safetensors_entries(file, &count);
    const uint8_t *end = data + size;
    for (size_t i = count; i-- > 0;) {
        size_t bytes = 0;
        require(!safetensors_byte_count(entries[i].dtype, entries[i].shape, entries[i].rank, &bytes));
        require(bytes == entries[i].size);
        require((const uint8_t *)entries[i].data + bytes == end);
        require(safetensors_find(file, entries[i].name) == &entries[i]);
        require(safetensors_shown_length(entries[i].name) <= 200);
        end = entries[i].data;
    }
    require(end >= data + 8);
}

static void check_metadata(const safetensors_file *file)
{
    size_t count = 0;
    const safetensors_pair *pairs = safetensors_metadata(file, &count);
    for (size_t i = 0; i < count; i++)
        require(strcmp(safetensors_metadata_value(file, pairs[i].key), pairs[i].value) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    safetensors_file *file = safetensors_from_memory("fuzz", data, size);
    require((file == NULL) == accel_error_is_set());
    if (file) {
        check_entries(file, data, size);
        check_metadata(file);
    }
    safetensors_close(file);
    accel_error_clear();
    return 0;
}
