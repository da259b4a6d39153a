/* Any bytes at all as an index: refused with a message, or its places are in order and lead to its files, which are in its own
   folder; and the text that is written of them reads as the same index. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <accel/error.h>

#include "base/memory.h"
#include "safetensors/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static int compare(const void *name, const void *file) { return strcmp(name, *(const char *const *)file); }

static void check_files(const safetensors_index *index)
{
    size_t count = 0;
    const char *const *files = safetensors_index_files(index, &count);
    require(count > 0);
    for (size_t i = 0; i < count; i++) {
        require(files[i][0] != '\0' && files[i][0] != '.' && !strchr(files[i], '/'));
        require(i == 0 || strcmp(files[i - 1], files[i]) < 0);
    }
}

static void check_places(const safetensors_index *index)
{
    size_t count = 0, files_count = 0;
    const safetensors_place *places = safetensors_index_places(index, &count);
    const char *const *files = safetensors_index_files(index, &files_count);
    require(count >= files_count);
    for (size_t i = 0; i < count; i++) {
        require(i == 0 || strcmp(places[i - 1].name, places[i].name) < 0);
        require(bsearch(places[i].file, files, files_count, sizeof *files, compare));
    }
}

static void require_same(const safetensors_index *one, const safetensors_index *other)
{
    size_t count = 0, other_count = 0;
    const safetensors_place *places = safetensors_index_places(one, &count);
    const safetensors_place *others = safetensors_index_places(other, &other_count);
    require(count == other_count);
    for (size_t i = 0; i < count; i++)
        require(strcmp(places[i].name, others[i].name) == 0 && strcmp(places[i].file, others[i].file) == 0);
}

static void write_and_read(const safetensors_index *index)
{
    size_t count = 0;
    const safetensors_place *places = safetensors_index_places(index, &count);
    safetensors_place *copy = memory_alloc(count, sizeof *copy);
    memcpy(copy, places, count * sizeof *copy);
    char *text = safetensors_index_text(copy, count, 0);
    safetensors_index *again = safetensors_index_from_memory("again", text, strlen(text));
    require(again != NULL);
    require_same(index, again);
    safetensors_index_close(again);
    memory_free(text);
    memory_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    safetensors_index *index = safetensors_index_from_memory("fuzz", data, size);
    require((index == NULL) == accel_error_is_set());
    if (index) {
        check_files(index);
        check_places(index);
        write_and_read(index);
    }
    safetensors_index_close(index);
    accel_error_clear();
    return 0;
}
