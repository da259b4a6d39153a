/* Allocation that records ACCEL_ENOMEM, and that a test can make fail. */
#ifndef ACCEL_BASE_MEMORY_H
#define ACCEL_BASE_MEMORY_H

#include <stddef.h>

/* Zeroed storage for `count` items of `size` bytes; NULL with ACCEL_ENOMEM recorded. `count` 0 gives storage
   too. Free with memory_free. */
void *memory_alloc(size_t count, size_t size);

/* As realloc for `count` items; on failure the old storage stays and ACCEL_ENOMEM is recorded. */
void *memory_resize(void *old, size_t count, size_t size);

/* A copy of `text`, or of its first `length` bytes. */
char *memory_copy_string(const char *text);
char *memory_copy_bytes(const char *text, size_t length);

void memory_free(void *storage);

/* Fault injection for tests: the n-th allocation from now fails (1 is the next one), 0 turns it off. Returns
   how many allocations were made since the last call. */
size_t memory_fail_at(size_t nth);

#endif
