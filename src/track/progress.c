#include "track/progress.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include <accel/options.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"

#include "track/line.h"
#include "track/screen.h"

static const double log_interval = 10; /* seconds between the lines of a bar in a log */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A count and a postfix come in either order, so each has its own moment from which on it may redraw: whichever
   comes second is not held back by the first. */
typedef struct progress {
    screen_bar bar;
    bool enabled, open;
    double interval;
    _Atomic double count_due, postfix_due; /* written with the lock held, read without */
} progress;

static void close_bar(progress *p)
{
    pthread_mutex_lock(&lock);
    if (p->open) {
        meter_average(&p->bar.meter);
        screen_remove(&p->bar);
        p->open = false;
        atomic_store(&p->count_due, INFINITY);
        atomic_store(&p->postfix_due, INFINITY);
    }
    pthread_mutex_unlock(&lock);
}

static void discard(progress *p)
{
    if (!p)
        return;
    memory_free(p->bar.meter.label);
    memory_free(p);
}

static void destroy(object *o)
{
    close_bar(o->payload);
    discard(o->payload);
}

static const object_class progress_class = {"accel_progress", destroy};

accel_progress_options accel_progress_options_default(void)
{
    return (accel_progress_options){ACCEL_PROGRESS_DEFAULTS()};
}

static void open_bar(progress *p, FILE *stream, double minimum_interval)
{
    pthread_mutex_lock(&lock);
    double now = clock_seconds();
    p->bar.meter.started = p->bar.meter.sampled_at = now;
    screen_add(&p->bar, stream);
    p->interval = p->bar.on_terminal ? minimum_interval : log_interval;
    atomic_init(&p->count_due, now + p->interval);
    atomic_init(&p->postfix_due, p->bar.on_terminal ? now : INFINITY);
    p->open = true;
    pthread_mutex_unlock(&lock);
}

static progress *make(int64_t total, const char *label)
{
    progress *p = memory_alloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->bar.meter.total = total;
    p->bar.meter.label = memory_copy_string(label ? label : "");
    if (!p->bar.meter.label) {
        discard(p);
        return NULL;
    }
    line_clean(p->bar.meter.label);
    return p;
}

static accel_status check(int64_t total, const accel_progress_options *options)
{
    static const char call[] = "accel_progress_create";
    if (total < -1)
        return accel_error_raise(ACCEL_EINVAL, call, "total must be -1 (unknown) or more, got %" PRId64, total);
    if (!(options->minimum_interval >= 0))
        return accel_error_raise(ACCEL_EINVAL, call, "minimum_interval must not be negative, got %g",
                                 options->minimum_interval);
    return ACCEL_OK;
}

accel_progress *accel_progress_create_with(int64_t total, const char *label,
                                           const accel_progress_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_progress_options o = accel_progress_options_default();
    if (accel_options_read("accel_progress_create", &o, sizeof o, options) != ACCEL_OK ||
        check(total, &o) != ACCEL_OK)
        return NULL;
    progress *p = make(total, label);
    object *handle = p ? object_create(&progress_class, p) : NULL;
    if (!handle) {
        discard(p);
        return NULL;
    }
    p->enabled = o.enabled;
    if (p->enabled)
        open_bar(p, o.stream ? o.stream : stderr, o.minimum_interval);
    if (!accel_error_is_set())
        return (accel_progress *)handle;
    accel_free_handle(handle);
    return NULL;
}

/* What is due may have been shown by another thread meanwhile. */
static void show(progress *p, _Atomic double *due, bool at_once)
{
    pthread_mutex_lock(&lock);
    double now = clock_seconds();
    if (p->open && (at_once || now >= atomic_load(due))) {
        atomic_store(due, now + p->interval);
        if (due == &p->count_due)
            meter_sample(&p->bar.meter, now);
        screen_show(&p->bar);
    }
    pthread_mutex_unlock(&lock);
}

accel_status accel_progress_advance(accel_progress *handle, int64_t n)
{
    RETURN_STATUS_IF_FAILED();
    progress *p = object_payload(handle, &progress_class, __func__, "bar");
    if (!p)
        return accel_error_status();
    if (!p->enabled)
        return ACCEL_OK;
    uint64_t before = (uint64_t)atomic_fetch_add_explicit(&p->bar.meter.count, n, memory_order_relaxed);
    bool complete = before + (uint64_t)n == (uint64_t)p->bar.meter.total && n != 0 && p->bar.on_terminal;
    if (complete || clock_seconds() >= atomic_load_explicit(&p->count_due, memory_order_relaxed))
        show(p, &p->count_due, complete);
    return accel_error_status();
}

accel_status accel_progress_set_postfix(accel_progress *handle, const char *format, ...)
{
    RETURN_STATUS_IF_FAILED();
    progress *p = object_payload(handle, &progress_class, __func__, "bar");
    if (!p)
        return accel_error_status();
    if (!format)
        return RAISE(ACCEL_EINVAL, "format is NULL");
    if (!p->enabled)
        return ACCEL_OK;
    char text[METER_POSTFIX_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return RAISE(ACCEL_EINVAL, "format \"%s\" cannot be printed", format);
    line_clean(text);
    pthread_mutex_lock(&lock);
    memcpy(p->bar.meter.postfix, text, sizeof text);
    pthread_mutex_unlock(&lock);
    if (clock_seconds() >= atomic_load_explicit(&p->postfix_due, memory_order_relaxed))
        show(p, &p->postfix_due, false);
    return accel_error_status();
}

accel_status accel_progress_close(accel_progress *handle)
{
    progress *p = object_payload(handle, &progress_class, __func__, "bar");
    if (p)
        close_bar(p);
    return accel_error_status();
}

void progress_print(FILE *stream, const char *text)
{
    pthread_mutex_lock(&lock);
    screen_print(stream, text);
    pthread_mutex_unlock(&lock);
}
