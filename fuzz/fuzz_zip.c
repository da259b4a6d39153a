/* Any bytes at all as a zip archive: the directory is refused with a message, or every file lies within the bytes, is no other's
   and is read or refused; as a file of torch.save, too. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <accel/error.h>

#include "base/memory.h"
#include "pickle/reader.h"
#include "pickle/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void read_file(const zip_archive *zip, const zip_entry *entry)
{
    char *bytes = zip_read(zip, entry);
    require((bytes == NULL) == accel_error_is_set());
    if (bytes)
        require(bytes[entry->size] == '\0');
    memory_free(bytes);
    accel_error_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zip_archive *zip = zip_open("fuzz", data, size);
    require((zip == NULL) == accel_error_is_set());
    size_t count = 0;
    const zip_entry *entries = zip ? zip_entries(zip, &count) : NULL;
    const uint8_t *end = data;
    for (size_t i = 0; i < count; i++) {
        require(entries[i].stored >= end &&
                entries[i].stored_size <= (size_t)(data + size - entries[i].stored));
        require(zip_find(zip, entries[i].name) == &entries[i]);
        end = entries[i].stored + entries[i].stored_size;
        read_file(zip, &entries[i]);
    }
    zip_close(zip);
    accel_error_clear();
    pickle_file *file = pickle_from_memory("fuzz", data, size);
    require((file == NULL) == accel_error_is_set());
    pickle_close(file);
    accel_error_clear();
    return 0;
}
