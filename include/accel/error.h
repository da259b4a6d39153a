/**
 * Errors that stick.
 *
 * The first failure on a thread is recorded: a code, a one-line message that names the argument and both
 * values, the call that failed. While the record is set, every function with a side effect (an optimizer
 * step, a file, a random draw) does nothing and returns the recorded status, every function that makes
 * something returns NULL, computed scalars (accel_item, a loss) are NaN or -1, and loops end. Looking at a live handle
 * (a shape, a count, a learning rate), frees and the functions of this header always work. A program therefore needs
 * one check, at its end:
 *
 *     return accelerator_finish(acc);      // prints the first error, gives the exit status
 *
 * and a program that wants to check each call can: what makes something returns NULL on failure, what does
 * something returns an `accel_status`.
 *
 * Where failure is expected, a block keeps it from sticking:
 *
 *     accel_try (err) {
 *         model = accel_model_from_pretrained(path);
 *         if (accel_error_is_set())
 *             fallback = true;
 *     }                                     // the record is as it was before the block
 *
 * `ACCEL_ERRORS=trace` in the environment prints each failure at the moment it is recorded, `abort` also
 * aborts there (for a debugger).
 *
 * Threads: each thread has its own record. Worker threads of the library hand theirs to the thread that
 * waits for them.
 */
#ifndef ACCEL_ERROR_H
#define ACCEL_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/compiler.h>

ACCEL_BEGIN_DECLS

/* X(name, text): every code. After EPEER and ETIMEOUT the group of processes is lost, and after any other when it is
   still on record at the next call that all processes make together. Otherwise only the failed call is lost. */
#define ACCEL_STATUS_TABLE(X)                                                                                  \
    X(ACCEL_OK, "no error")                                                                                    \
    X(ACCEL_EINVAL, "invalid argument")                                                                        \
    X(ACCEL_ENOTFOUND, "not found")                                                                            \
    X(ACCEL_EIO, "input/output error")                                                                         \
    X(ACCEL_EFORMAT, "malformed data")                                                                         \
    X(ACCEL_ENOMEM, "out of memory")                                                                           \
    X(ACCEL_EUNSUPPORTED, "unsupported")                                                                       \
    X(ACCEL_ESTALE, "handle already ended")                                                                    \
    X(ACCEL_EENGINE, "the engine refused the operation")                                                       \
    X(ACCEL_EMISMATCH, "processes made different calls")                                                       \
    X(ACCEL_EPEER, "another process failed")                                                                   \
    X(ACCEL_ETIMEOUT, "another process did not answer in time")

typedef enum accel_status {
#define ACCEL_STATUS_MEMBER(name, text) name,
    ACCEL_STATUS_TABLE(ACCEL_STATUS_MEMBER)
#undef ACCEL_STATUS_MEMBER
} accel_status;

#define ACCEL_ERROR_MESSAGE_MAX 1024
#define ACCEL_ERROR_CALL_MAX 96

/** The record of a failure. */
typedef struct accel_error {
    accel_status status;
    char call[ACCEL_ERROR_CALL_MAX];       /**< the function or operation that failed */
    char message[ACCEL_ERROR_MESSAGE_MAX]; /**< one line, without the name of the call */
} accel_error;

/** This thread's record: never NULL; its status is ACCEL_OK when nothing failed. Borrowed until the thread's
    next call of this header that changes it. */
ACCEL_API const accel_error *accel_error_last(void);

/** Whether this thread has a recorded failure. */
ACCEL_API bool accel_error_is_set(void);

/** The recorded status, ACCEL_OK when nothing failed. */
ACCEL_API accel_status accel_error_status(void);

/** The recorded failure as one line, "call: message", or "" when nothing failed. Borrowed until the thread's
    next failure or clear. */
ACCEL_API const char *accel_error_text(void);

/** Forgets the record, so that the thread's calls work again. */
ACCEL_API void accel_error_clear(void);

/** Records a failure of the program's own, for instance from inside a callback or a `forward`. Does nothing but
    return the recorded status when one is set already. `format` is as printf's; line breaks become spaces. */
ACCEL_API accel_status accel_error_raise(accel_status status, const char *call, const char *format, ...)
    ACCEL_PRINTF(3, 4);

/** The name of a status, "ACCEL_EINVAL"; "unknown status" for a number that is none. Static. */
ACCEL_API const char *accel_status_name(accel_status status);

/** What a status means, in words. Static. */
ACCEL_API const char *accel_status_text(accel_status status);

/** Called at the moment a failure is recorded, on the thread that failed. It must not call the library:
    what it does with the record is undone, and accelerator_finish is refused. */
typedef void accel_error_handler(const accel_error *error, void *user);

/** Sets the process's handler, NULL for none. `user` is borrowed for as long as the handler is set. */
ACCEL_API void accel_error_set_handler(accel_error_handler *handler, void *user);

/** The state of a `accel_try` block. */
typedef struct accel_try_block {
    bool open;
    accel_error saved;
} accel_try_block;

/** Saves this thread's record and clears it. */
ACCEL_API accel_try_block accel_try_begin(void);

/** Puts the saved record back. */
ACCEL_API void accel_try_end(accel_try_block *block);

/** A block in which failures do not stick: `err`, a `const accel_error *`, shows this thread's record inside
   it. At its end the record is what it was before. */
#define accel_try(err) ACCEL_TRY_(err, ACCEL_UNIQUE(accel_block_))
#define ACCEL_TRY_(err, b)                                                                                     \
    for (__attribute__((cleanup(accel_try_end))) accel_try_block b = accel_try_begin(); b.open;                \
         b.open = false)                                                                                       \
        for (const accel_error *err = accel_error_last(); err != NULL && b.open; b.open = false)

ACCEL_END_DECLS

#endif
