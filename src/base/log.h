/* The library's side of the log. */
#ifndef ACCEL_BASE_LOG_H
#define ACCEL_BASE_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include <accel/error.h>
#include <accel/log.h>

enum { LOG_LINE_MAX = 2048 }; /* bytes of a line that are kept, with the one that ends it */

/* Whether a line of that level would reach anybody. */
bool log_is_heard(accel_log_level level);

/* ACCEL_EINVAL, under the name `call`, when the environment names a level that does not exist. */
accel_status log_check_level(const char *call);

/* Prints text as fputs does. Called with the lock of the log held: it must not log. */
typedef void log_writer(FILE *stream, const char *text);

/* Who prints the lines of the default log from now on, for one that draws where they go. */
void log_set_writer(log_writer *writer);

#endif
