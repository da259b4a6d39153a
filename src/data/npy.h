/* The headers of NumPy's array files. */
#ifndef ACCEL_DATA_NPY_H
#define ACCEL_DATA_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

enum { NPY_RANK_MAX = 64 };

typedef struct npy_header {
    char kind;        /* 'f', 'i', 'u', 'b' */
    size_t item_size; /* bytes */
    bool fortran_order;
    size_t rank; /* NPY_RANK_MAX + 1: there are more dimensions than that */
    int64_t shape[NPY_RANK_MAX];
    int64_t count; /* of items */
    size_t offset; /* of the first, from the beginning of the file */
} npy_header;

/* Whether a file begins as one of NumPy's. */
bool npy_is_one(const unsigned char *bytes, size_t size);

/* Reads the header of a file of that size, of which the first `available` bytes are at hand; its items are all in the file then.
   `call` and `path` begin the message of a failure. Source: numpy.lib.format, versions 1 to 3. */
accel_status npy_read_header(npy_header *header, const unsigned char *bytes, size_t available, size_t size,
                             const char *call, const char *path);

#endif
