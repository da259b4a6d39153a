/* Any bytes at all as the program of a pickle: refused with a message, or every tensor lies within its storage, and what was made
   can be walked through and written. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <accel/error.h>

#include "base/memory.h"
#include "pickle/machine.h"
#include "pickle/pickler.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Any storage there is asked for, up to a size. */
static pickle_storage *find_storage(void *user, const char *key, size_t size)
{
    static const unsigned char bytes[4096];
    pickle_storage *storage = size <= sizeof bytes ? pickle_arena_alloc(user, sizeof *storage) : NULL;
    if (!storage)
        return accel_error_raise(ACCEL_EFORMAT, NULL, "storage \"%.40s\" is not there", key), NULL;
    *storage = (pickle_storage){.data = bytes, .size = size, .key = "0"};
    return storage;
}

static void check_tensor(const pickle_tensor *t)
{
    int64_t last = t->offset;
    for (size_t i = 0; i < t->rank; i++) {
        if (t->sizes[i] == 0)
            return;
        last += (t->sizes[i] - 1) * t->strides[i];
    }
    require(last >= 0 && ((size_t)last + 1) * pickle_dtype_size(t->dtype) <= t->storage->size);
}

static void walk(const pickle_value *value)
{
    bool container = value->kind == PICKLE_LIST || value->kind == PICKLE_TUPLE || value->kind == PICKLE_DICT;
    for (size_t i = 0; container && i < value->items.count; i++)
        walk(value->items.at[i]);
    if (value->attributes)
        walk(value->attributes);
    if (value->kind == PICKLE_TENSOR)
        check_tensor(&value->tensor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pickle_arena *arena = pickle_arena_create();
    rebuilder r = {.path = "fuzz", .arena = arena, .find_storage = find_storage, .user = arena};
    pickle_value *root = machine_run(&r, data, size);
    require((root == NULL) == accel_error_is_set());
    if (root && root->weight < 100000) {
        buffer out = {0};
        pickler_storages storages = {0};
        walk(root);
        require(pickler_run(root, &out, &storages) == ACCEL_OK || accel_error_status() == ACCEL_EUNSUPPORTED);
        buffer_dispose(&out);
        memory_free(storages.at);
    }
    accel_error_clear();
    pickle_arena_destroy(arena);
    return 0;
}
