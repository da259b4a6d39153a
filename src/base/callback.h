/* The program's own functions, while the library runs them: a call that would take away what they run on is refused.
 *
 *     callback running;
 *     callback_begin(&running, CALLBACK_FORWARD, NULL);
 *     result = function(user);
 *     callback_end(&running);
 *
 * They nest, and each thread has its own.
 */
#ifndef ACCEL_BASE_CALLBACK_H
#define ACCEL_BASE_CALLBACK_H

#include <stdbool.h>

#include <accel/error.h>

typedef enum callback_kind {
    CALLBACK_FORWARD = 1 << 0,       /* of a module */
    CALLBACK_COMM_HOOK = 1 << 1,     /* comm_hook_function; the owner is the group */
    CALLBACK_DATASET = 1 << 2,       /* the owner is the loader that wants samples */
    CALLBACK_BATCHES = 1 << 3,       /* of a loader, the owner */
    CALLBACK_TRACKER = 1 << 4,       /* start, log or finish; the owner is the list of trackers */
    CALLBACK_TRACE = 1 << 5,         /* on_trace_ready; the owner is the accelerator */
    CALLBACK_REDUCE = 1 << 6,        /* of accelerator_find_executable_batch_size */
    CALLBACK_RELEASE = 1 << 7,       /* of a module, a dataset or wrapped memory */
    CALLBACK_LOG = 1 << 8,           /* accel_log_set_callback */
    CALLBACK_ERROR_HANDLER = 1 << 9, /* accel_error_set_handler */
    CALLBACK_STATE =
        1 << 10, /* of a state that is saved or loaded; the owner is what the accelerator knows of them */
} callback_kind;

enum {
    CALLBACK_ANY = (1 << 11) - 1,
    /* Those that may run on what is prepared. */
    CALLBACK_ON_PREPARED = CALLBACK_ANY & ~(CALLBACK_TRACKER | CALLBACK_TRACE | CALLBACK_REDUCE),
};

typedef struct callback {
    callback_kind kind;
    const void *owner;            /* what it belongs to; NULL: not asked for */
    const struct callback *outer; /* that it was called in the middle of */
} callback;

void callback_begin(callback *c, callback_kind kind, const void *owner);
void callback_end(const callback *c);

/* In a fork that does something else: those that it was made in the middle of do not go on there. */
void callback_forget(void);

/* Whether this thread is in the middle of one of these kinds, and of that owner; NULL: of any. */
bool callback_runs(unsigned kinds, const void *owner);

/* The same, with ACCEL_EINVAL recorded under the name `call` if it is. */
bool callback_refuses(unsigned kinds, const void *owner, const char *call);

#endif
