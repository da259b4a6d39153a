/* Recording failures, and the first line of every public function. */
#ifndef ACCEL_BASE_ERROR_H
#define ACCEL_BASE_ERROR_H

#include <stdarg.h>

#include <accel/error.h>

/* Records a failure of the current function and evaluates to its status. */
#define RAISE(status, ...) accel_error_raise(status, __func__, __VA_ARGS__)

/* The same for a function that returns a pointer. */
#define RAISE_NULL(status, ...) (accel_error_raise(status, __func__, __VA_ARGS__), NULL)

/* First statement of a function with a side effect or a new result: a set record makes it do nothing. */
#define RETURN_STATUS_IF_FAILED()                                                                              \
    do {                                                                                                       \
        if (accel_error_is_set())                                                                              \
            return accel_error_status();                                                                       \
    } while (0)
#define RETURN_NULL_IF_FAILED()                                                                                \
    do {                                                                                                       \
        if (accel_error_is_set())                                                                              \
            return NULL;                                                                                       \
    } while (0)

/* Copies of a record travel from a worker thread to the thread that waits for it. */
void error_take(accel_error *out);            /* moves this thread's record out, clearing it */
void error_restore(const accel_error *error); /* records it here, unless one is set already */

/* Of a record of memory that ran out, which names no public call or one that the program did not make: this one. `only_unnamed`:
   where it names none. */
void error_name_memory(const char *call, bool only_unnamed);

/* Says more about this thread's record, at the end of its message. */
void error_append(const char *format, ...) ACCEL_PRINTF(1, 2);

#endif
