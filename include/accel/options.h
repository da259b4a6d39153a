/**
 * Option structs that can grow: for functions of one's own that take options the way the library's do. compiler.h has the
 * macros that declare them: ACCEL_CALL_1 for C, ACCEL_OVERLOADS_1 for C++.
 */
#ifndef ACCEL_OPTIONS_H
#define ACCEL_OPTIONS_H

#include <stddef.h>

#include <accel/error.h>

ACCEL_BEGIN_DECLS

/** Copies what a caller gave over `options`, which holds the defaults and is `size` bytes long. Both begin with their size,
    so that a program built against an older, smaller struct is understood. NULL keeps the defaults. Fails, under the
    name `call`, for a size larger than is known here, or too small to hold itself. */
ACCEL_API accel_status accel_options_read(const char *call, void *options, size_t size, const void *given);

ACCEL_END_DECLS

#endif
