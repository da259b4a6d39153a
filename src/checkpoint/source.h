/* An open file behind the tensors that share its mapping; it closes after the last of them. */
#ifndef ACCEL_CHECKPOINT_SOURCE_H
#define ACCEL_CHECKPOINT_SOURCE_H

#include <accel/tensor.h>

typedef struct source source;

/* New, with one user; takes the file, also on failure, and NULL for one that could not be opened. */
source *source_create(void *file, void (*close)(void *file));

/* Takes a user away; NULL does nothing. */
void source_release(source *s);

/* A tensor over bytes of the file, or a copy of them where they are not aligned to their elements: new. `strides` in elements; NULL:
   without gaps. `span`: the bytes from the first element to the end of the last. */
accel_tensor *source_tensor(source *s, const void *data, size_t span, accel_dtype dtype, const int64_t *sizes,
                            size_t rank, const int64_t *strides);

#endif
