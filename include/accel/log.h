/**
 * The library's log: everything it has to say that is neither an error nor asked for.
 *
 * Warnings of the engine, keys that a checkpoint lacked and were initialised, and the like come as whole lines
 * to one callback; without one they go to standard error. Nothing else is printed by the library, except by
 * functions made for it (`accelerator_finish`, `accelerator_print`, a progress bar).
 */
#ifndef ACCEL_LOG_H
#define ACCEL_LOG_H

#include <accel/compiler.h>

ACCEL_BEGIN_DECLS

typedef enum accel_log_level {
    ACCEL_LOG_DEBUG,
    ACCEL_LOG_INFO,
    ACCEL_LOG_WARNING,
} accel_log_level;

/** Receives one line, without its line break. Called from any thread of the library, one at a time. It must not
    call the library: lines that it sends are refused with ACCEL_EINVAL, so is accelerator_finish. */
typedef void accel_log_callback(accel_log_level level, const char *line, void *user);

/** Sets the process's log callback, which gets lines of every level; NULL restores the default, which writes lines of
    at least the level that `ACCEL_LOG_LEVEL`, else `ACCELERATE_LOG_LEVEL` names (debug, info, warning; error or
    critical for none; warning when both are unset) to standard error, above progress bars. `user` is borrowed for as
    long as the callback is set. */
ACCEL_API void accel_log_set_callback(accel_log_callback *callback, void *user);

/** Sends a line of the program's own, as printf's; line breaks become spaces, at most 2047 bytes are kept. Where several
    processes train, accelerator_log_line says a thing once. */
ACCEL_API void accel_log_line(accel_log_level level, const char *format, ...) ACCEL_PRINTF(2, 3);

/** The same for what every process has to say alike: only the first process of each machine, by what the launcher set in
    the environment, says it at that level, the others at ACCEL_LOG_DEBUG. */
ACCEL_API void accel_log_local_main_line(accel_log_level level, const char *format, ...) ACCEL_PRINTF(2, 3);

ACCEL_END_DECLS

#endif
