#include <accel/log.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/environment.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static accel_log_callback *callback;
static void *callback_user;

static const char *const level_names[] = {"debug", "info", "warning"};

static accel_log_level level_wanted(void)
{
    const char *name = getenv("ACCEL_LOG_LEVEL");
    for (int level = ACCEL_LOG_DEBUG; name && level <= ACCEL_LOG_WARNING; level++)
        if (strcasecmp(name, level_names[level]) == 0)
            return (accel_log_level)level;
    return ACCEL_LOG_WARNING;
}

static void write_default(accel_log_level level, const char *line)
{
    if (level >= level_wanted())
        fprintf(stderr, "accel: %s: %s\n", level_names[level], line);
}

void accel_log_set_callback(accel_log_callback *new_callback, void *user)
{
    pthread_mutex_lock(&lock);
    callback = new_callback;
    callback_user = user;
    pthread_mutex_unlock(&lock);
}

static void send(accel_log_level level, const char *format, va_list arguments) ACCEL_PRINTF(2, 0);
static void send(accel_log_level level, const char *format, va_list arguments)
{
    if ((unsigned)level > ACCEL_LOG_WARNING)
        level = ACCEL_LOG_WARNING;
    char line[2048];
    vsnprintf(line, sizeof line, format, arguments);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    pthread_mutex_lock(&lock);
    if (callback)
        callback(level, line, callback_user);
    else
        write_default(level, line);
    pthread_mutex_unlock(&lock);
}

void accel_log_line(accel_log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    send(level, format, arguments);
    va_end(arguments);
}

void accel_log_local_main_line(accel_log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    send(environment_is_local_main() ? level : ACCEL_LOG_DEBUG, format, arguments);
    va_end(arguments);
}
