/* Values as the program that makes them: protocol 2, instruction by instruction as Python's pickler and torch.save write them. */
#ifndef ACCEL_PICKLE_PICKLER_H
#define ACCEL_PICKLE_PICKLER_H

#include "base/buffer.h"
#include "pickle/value.h"

/* The storages that were met, in this order; the place of each is its key. */
typedef struct pickler_storages {
    pickle_storage **at;
    size_t count, capacity;
} pickler_storages;

/* Appends the program of a value to `out`, and the storages of its tensors to `storages`, whose `at` is freed with memory_free.
   Values at one address are one object to Python. Fails with ACCEL_ENOMEM; `root` must not hold itself. */
accel_status pickler_run(const pickle_value *root, buffer *out, pickler_storages *storages);

#endif
