/**
 * Lines for the log of a program that may run in several processes.
 *
 *     accelerator_log_line(acc, ACCEL_LOG_INFO, "%lld batches an epoch", (long long)steps);
 *
 * They go where log.h says, written as printf does. Each begins with its process, "[RANK 1] ", where there are several. What the
 * log's level hides is not even formatted.
 *
 * Source: accelerate.logging.get_logger.
 */
#ifndef ACCEL_LOGGER_H
#define ACCEL_LOGGER_H

#include <accel/accelerator.h>
#include <accel/log.h>

ACCEL_BEGIN_DECLS

/** Logs on process 0 alone. */
ACCEL_API accel_status accelerator_log_line(accelerator *acc, accel_log_level level, const char *format, ...)
    ACCEL_PRINTF(3, 4);

/** Logs on every process that comes here, in any order. Source: main_process_only=False. */
ACCEL_API accel_status accelerator_log_line_all(accelerator *acc, accel_log_level level, const char *format,
                                                ...) ACCEL_PRINTF(3, 4);

/** Logs on every process, one after another from process 0 on. Each waits until all have logged, also where the level
    hides the line. Collective. Source: in_order=True. */
ACCEL_API accel_status accelerator_log_line_in_order(accelerator *acc, accel_log_level level,
                                                     const char *format, ...) ACCEL_PRINTF(3, 4);

/** Logs a warning on process 0 alone, each text once for the accelerator, heard or not; it keeps the texts. Source:
    warning_once. */
ACCEL_API accel_status accelerator_warning_once(accelerator *acc, const char *format, ...) ACCEL_PRINTF(2, 3);

ACCEL_END_DECLS

#endif
