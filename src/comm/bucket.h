/* A message of gradients on its way, as hooks see it. */
#ifndef ACCEL_COMM_BUCKET_H
#define ACCEL_COMM_BUCKET_H

#include <accel/comm_hook.h>
#include <accel/dict.h>

#include "comm/group.h"

/* What all messages of a model have in common. All borrowed. */
typedef struct bucket_source {
    group *group;
    engine_reducer *reducer;
    accel_dict *parameters;
    const size_t *trained; /* which of them, by the engine's index */
} bucket_source;

struct accel_grad_bucket {
    const bucket_source *source;
    accel_tensor *buffer;     /* retained, as the next */
    accel_tensor **gradients; /* views of it */
    const size_t *parameters; /* by the engine's index */
    size_t count, index;
    bool is_last;
};

/* What the engine gave, whose payload is taken; end it with bucket_dispose, also on failure. */
accel_status bucket_init(accel_grad_bucket *b, const bucket_source *source, const engine_bucket *given);
void bucket_dispose(accel_grad_bucket *b);

/* Another buffer of the same length, of any dtype, which is taken. */
accel_status bucket_set_buffer(accel_grad_bucket *b, accel_tensor *buffer);

/* accel_grad_bucket_all_reduce of a tensor that is contiguous, on the CPU, and the same everywhere: nothing is compared. */
accel_status bucket_sum(accel_grad_bucket *b, accel_tensor *tensor);

#endif
