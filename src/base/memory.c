#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static atomic_size_t allocation_count;
static atomic_size_t failing_allocation;

static bool is_made_to_fail(void)
{
    size_t number = atomic_fetch_add_explicit(&allocation_count, 1, memory_order_relaxed) + 1;
    return number == atomic_load_explicit(&failing_allocation, memory_order_relaxed);
}

size_t memory_fail_at(size_t nth)
{
    size_t made = atomic_exchange(&allocation_count, 0);
    atomic_store(&failing_allocation, nth);
    return made;
}

static bool overflows(size_t count, size_t size) { return size > 0 && count > SIZE_MAX / size; }

void *memory_alloc(size_t count, size_t size)
{
    if (count == 0)
        count = 1;
    void *storage = NULL;
    if (!is_made_to_fail() && !overflows(count, size))
        storage = calloc(count, size);
    if (!storage)
        accel_error_raise(ACCEL_ENOMEM, NULL, "no memory for %zu items of %zu bytes", count, size);
    return storage;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    if (count == 0)
        count = 1;
    void *storage = NULL;
    if (!is_made_to_fail() && !overflows(count, size))
        storage = realloc(old, count * size);
    if (!storage)
        accel_error_raise(ACCEL_ENOMEM, NULL, "no memory for %zu items of %zu bytes", count, size);
    return storage;
}

char *memory_copy_bytes(const char *text, size_t length)
{
    char *copy = memory_alloc(length + 1, 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *memory_copy_string(const char *text) { return memory_copy_bytes(text, strlen(text)); }

void memory_free(void *storage) { free(storage); }
