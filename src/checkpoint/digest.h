/* What a file has in it, so that a byte that changed is found, and named by the tensor that it is of. */
#ifndef ACCEL_CHECKPOINT_DIGEST_H
#define ACCEL_CHECKPOINT_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

/* From the end of the one before to `end`. */
typedef struct digest_span {
    uint64_t end, hash; /* XXH3 of its bytes */
    char *name;         /* of the tensor that they are of; NULL: of none */
} digest_span;

/* The spans of a whole file, in their order. */
typedef struct digest {
    digest_span *spans;
    size_t count;
} digest;

/* Of a file that is, or will be, called `name`: one of the kinds that this room writes, or any other, which is one span. It must not
   change meanwhile. */
accel_status digest_file(digest *d, const char *path, const char *name);
void digest_dispose(digest *d);

/* Adds a span; the name is copied. */
accel_status digest_add(digest *d, uint64_t end, uint64_t hash, const char *name);

/* Bytes of the file. */
uint64_t digest_size(const digest *d);

/* Whether a file is what it was: ACCEL_EFORMAT says which tensor is not. */
accel_status digest_compare_size(const digest *d, const char *path, const char *call);
accel_status digest_compare(const digest *d, const char *path, const char *call);

#endif
