#include "base/error.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/callback.h"

static _Thread_local accel_error record;
static _Thread_local char record_text[ACCEL_ERROR_CALL_MAX + ACCEL_ERROR_MESSAGE_MAX + 2];

static pthread_mutex_t handler_lock = PTHREAD_MUTEX_INITIALIZER;
static accel_error_handler *handler;
static void *handler_user;

const accel_error *accel_error_last(void) { return &record; }

bool accel_error_is_set(void) { return record.status != ACCEL_OK; }

accel_status accel_error_status(void) { return record.status; }

const char *accel_error_text(void)
{
    if (record.status == ACCEL_OK)
        return "";
    snprintf(record_text, sizeof record_text, "%s%s%s", record.call, record.call[0] ? ": " : "",
             record.message);
    return record_text;
}

void accel_error_clear(void) { record = (accel_error){.status = ACCEL_OK}; }

/* Messages are one line whatever went into them: a file name, an engine's text. */
static void flatten(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
}

/* What it does with the record is undone: who recorded the failure returns its status. */
static void call_handler(accel_error_handler *function, void *user)
{
    const accel_error failure = record;
    callback running;
    callback_begin(&running, CALLBACK_ERROR_HANDLER, NULL);
    function(&record, user);
    callback_end(&running);
    record = failure;
}

static void announce(void)
{
    pthread_mutex_lock(&handler_lock);
    accel_error_handler *current = handler;
    void *user = handler_user;
    pthread_mutex_unlock(&handler_lock);
    if (current && !callback_runs(CALLBACK_ERROR_HANDLER, NULL))
        call_handler(current, user);
    const char *mode = getenv("ACCEL_ERRORS");
    if (!mode)
        return;
    bool aborts = strcmp(mode, "abort") == 0;
    if (aborts || strcmp(mode, "trace") == 0)
        fprintf(stderr, "accel: error: %s\n", accel_error_text());
    if (aborts)
        abort();
}

/* The plain functions behind the option macros are named as the program wrote them: without their suffix. */
static void record_call(const char *call)
{
    static const char suffix[] = "_with";
    size_t length = strlen(call), tail = sizeof suffix - 1;
    if (length > tail && strcmp(call + length - tail, suffix) == 0)
        length -= tail;
    snprintf(record.call, sizeof record.call, "%.*s", (int)length, call);
}

accel_status accel_error_raise(accel_status status, const char *call, const char *format, ...)
{
    if (record.status != ACCEL_OK)
        return record.status;
    record.status = status == ACCEL_OK ? ACCEL_EINVAL : status;
    record_call(call ? call : "");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(record.message, sizeof record.message, format, arguments);
    va_end(arguments);
    flatten(record.call);
    flatten(record.message);
    announce();
    return record.status;
}

void error_name_memory(const char *call, bool only_unnamed)
{
    if (record.status == ACCEL_ENOMEM && !(only_unnamed && record.call[0]))
        record_call(call);
}

void error_append(const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(record.message);
    if (record.status == ACCEL_OK)
        return;
    va_start(arguments, format);
    vsnprintf(record.message + used, sizeof record.message - used, format, arguments);
    va_end(arguments);
}

void error_take(accel_error *out)
{
    *out = record;
    accel_error_clear();
}

void error_restore(const accel_error *error)
{
    if (record.status == ACCEL_OK)
        record = *error;
}

static const struct {
    const char *name, *text;
} statuses[] = {
#define STATUS_ROW(name, text) {#name, text},
    ACCEL_STATUS_TABLE(STATUS_ROW)
#undef STATUS_ROW
};

static bool status_is_known(accel_status status)
{
    return (size_t)status < sizeof statuses / sizeof statuses[0];
}

const char *accel_status_name(accel_status status)
{
    return status_is_known(status) ? statuses[status].name : "unknown status";
}

const char *accel_status_text(accel_status status)
{
    return status_is_known(status) ? statuses[status].text : "unknown status";
}

void accel_error_set_handler(accel_error_handler *new_handler, void *user)
{
    pthread_mutex_lock(&handler_lock);
    handler = new_handler;
    handler_user = user;
    pthread_mutex_unlock(&handler_lock);
}

accel_try_block accel_try_begin(void)
{
    accel_try_block block = {.open = true, .saved = record};
    accel_error_clear();
    return block;
}

void accel_try_end(accel_try_block *block)
{
    if (block)
        record = block->saved;
}
