/* The log where several processes write it. */
#include <accel/logger.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "base/log.h"
#include "comm/collective.h"

typedef char line[LOG_LINE_MAX];

/* What is too long is cut, as the log cuts it. False when it cannot be printed. */
static bool print_line(line text, const char *format, va_list arguments)
{
    return format && vsnprintf(text, LOG_LINE_MAX, format, arguments) >= 0;
}

static accel_status refuse(const char *format, const char *call)
{
    if (!format)
        return accel_error_raise(ACCEL_EINVAL, call, "format is NULL");
    return accel_error_raise(ACCEL_EINVAL, call, "format \"%s\" cannot be printed", format);
}

static void log_line(const facade *f, accel_log_level level, const char *text)
{
    if (f->ranks.world_size > 1)
        accel_log_line(level, "[RANK %d] %s", f->ranks.rank, text);
    else
        accel_log_line(level, "%s", text);
}

/* Of one process by itself. A line that nobody hears costs no formatting. */
static accel_status log_alone(const facade *f, const char *call, accel_log_level level, const char *format,
                              va_list arguments)
{
    line text;
    if (format && !log_is_heard(level))
        return ACCEL_OK;
    if (!print_line(text, format, arguments))
        return refuse(format, call);
    log_line(f, level, text);
    return ACCEL_OK;
}

accel_status accelerator_log_line(accelerator *acc, accel_log_level level, const char *format, ...)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_of(acc, __func__);
    if (!f || (format && f->ranks.rank != 0))
        return accel_error_status();
    va_list arguments;
    va_start(arguments, format);
    accel_status status = log_alone(f, __func__, level, format, arguments);
    va_end(arguments);
    return status;
}

accel_status accelerator_log_line_all(accelerator *acc, accel_log_level level, const char *format, ...)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_of(acc, __func__);
    if (!f)
        return accel_error_status();
    va_list arguments;
    va_start(arguments, format);
    accel_status status = log_alone(f, __func__, level, format, arguments);
    va_end(arguments);
    return status;
}

/* Whose turn it is logs, and all wait for it: also where nobody hears it, since a level is a process's own affair. */
static accel_status take_turns(const facade *f, const char *call, accel_log_level level, const char *text)
{
    for (int rank = 0; rank < f->ranks.world_size; rank++) {
        if (rank == f->ranks.rank && text && !accel_error_is_set())
            log_line(f, level, text);
        if (collective_barrier(f->group, call) != ACCEL_OK)
            break;
    }
    return accel_error_status();
}

/* A format that cannot be printed fails the call here, when all have had their turn, and loses no group. */
accel_status accelerator_log_line_in_order(accelerator *acc, accel_log_level level, const char *format, ...)
{
    facade *f = facade_of(acc, __func__);
    if (!f)
        return accel_error_status();
    if (!accel_error_is_set())
        facade_check_gradients(f, __func__);
    line text;
    va_list arguments;
    va_start(arguments, format);
    bool printed = print_line(text, format, arguments);
    va_end(arguments);
    if (take_turns(f, __func__, level, printed ? text : NULL) == ACCEL_OK && !printed)
        return refuse(format, __func__);
    return accel_error_status();
}

/* Texts that were logged once stand one behind the other, each with its zero byte. */
static bool was_said(const buffer *said, const char *text)
{
    for (size_t at = 0; at < said->size; at += strlen(said->data + at) + 1)
        if (strcmp(said->data + at, text) == 0)
            return true;
    return false;
}

accel_status accelerator_warning_once(accelerator *acc, const char *format, ...)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_of(acc, __func__);
    if (!f)
        return accel_error_status();
    line text;
    va_list arguments;
    va_start(arguments, format);
    bool printed = print_line(text, format, arguments);
    va_end(arguments);
    if (!printed)
        return refuse(format, __func__);
    if (f->ranks.rank != 0 || was_said(&f->said, text))
        return ACCEL_OK;
    if (buffer_append(&f->said, text, strlen(text) + 1) == ACCEL_OK)
        log_line(f, ACCEL_LOG_WARNING, text);
    return accel_error_status();
}
