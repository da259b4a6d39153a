#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/callback.h"
#include "base/environment.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static accel_log_callback *log_callback;
static void *log_callback_user;
static log_writer *writer;

/* A callback runs with the lock held. */
static void lock_log(void)
{
    if (!callback_runs(CALLBACK_LOG, NULL))
        pthread_mutex_lock(&lock);
}

static void unlock_log(void)
{
    if (!callback_runs(CALLBACK_LOG, NULL))
        pthread_mutex_unlock(&lock);
}

static const char *const level_names[] = {"debug", "info", "warning"};

/* What Python's logging calls levels; those of errors leave nothing of this log. */
enum { ABOVE_ALL = ACCEL_LOG_WARNING + 1, UNKNOWN };
static const struct {
    const char *name;
    int level;
} known_levels[] = {
    {"notset", ACCEL_LOG_DEBUG}, {"debug", ACCEL_LOG_DEBUG},     {"info", ACCEL_LOG_INFO},
    {"warn", ACCEL_LOG_WARNING}, {"warning", ACCEL_LOG_WARNING}, {"error", ABOVE_ALL},
    {"critical", ABOVE_ALL},     {"fatal", ABOVE_ALL},
};

/* The variable that decides; NULL when none is set. */
static const char *level_variable(void)
{
    static const char *const variables[] = {ENVIRONMENT_LOG_LEVEL, ENVIRONMENT_REFERENCE_LOG_LEVEL};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return variables[i];
    }
    return NULL;
}

static int level_wanted(void)
{
    const char *variable = level_variable();
    if (!variable)
        return ACCEL_LOG_WARNING;
    for (size_t i = 0; i < sizeof known_levels / sizeof known_levels[0]; i++)
        if (strcasecmp(getenv(variable), known_levels[i].name) == 0)
            return known_levels[i].level;
    return UNKNOWN;
}

accel_status log_check_level(const char *call)
{
    if (level_wanted() != UNKNOWN)
        return ACCEL_OK;
    const char *variable = level_variable();
    return accel_error_raise(ACCEL_EINVAL, call, "%s is \"%s\"; there is debug, info, warning, error, critical",
                             variable, getenv(variable));
}

/* A level that is unknown counts as the default one. */
static bool passes(accel_log_level level)
{
    int wanted = level_wanted();
    return (int)level >= (wanted == UNKNOWN ? ACCEL_LOG_WARNING : wanted);
}

static accel_log_level known(accel_log_level level)
{
    return (unsigned)level > ACCEL_LOG_WARNING ? ACCEL_LOG_WARNING : level;
}

bool log_is_heard(accel_log_level level)
{
    lock_log();
    bool called = log_callback;
    unlock_log();
    return called || passes(known(level));
}

static void write_default(accel_log_level level, const char *line)
{
    char text[LOG_LINE_MAX + 32];
    if (!passes(level))
        return;
    snprintf(text, sizeof text, "accel: %s: %s\n", level_names[level], line);
    if (writer)
        writer(stderr, text);
    else
        fputs(text, stderr);
}

void log_set_writer(log_writer *new_writer)
{
    lock_log();
    writer = new_writer;
    unlock_log();
}

void accel_log_set_callback(accel_log_callback *new_callback, void *user)
{
    lock_log();
    log_callback = new_callback;
    log_callback_user = user;
    unlock_log();
}

static void call_back(accel_log_level level, const char *line)
{
    callback running;
    callback_begin(&running, CALLBACK_LOG, NULL);
    log_callback(level, line, log_callback_user);
    callback_end(&running);
}

static void send(accel_log_level level, const char *format, va_list arguments) ACCEL_PRINTF(2, 0);
static void send(accel_log_level level, const char *format, va_list arguments)
{
    if (callback_refuses(CALLBACK_LOG, NULL, "accel_log_line"))
        return;
    level = known(level);
    char line[LOG_LINE_MAX];
    vsnprintf(line, sizeof line, format, arguments);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    pthread_mutex_lock(&lock);
    if (log_callback)
        call_back(level, line);
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
