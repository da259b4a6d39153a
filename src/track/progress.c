#include "track/progress.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include <accel/options.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
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
    bool enabled, open, leave;
    double interval;
    _Atomic double count_due, postfix_due; /* written with the lock held, read without */
} progress;

static void close_bar(progress *p)
{
    pthread_mutex_lock(&lock);
    if (p->open) {
        meter_average(&p->bar.meter);
        screen_remove(&p->bar, p->leave);
        p->open = false;
        atomic_store(&p->count_due, INFINITY);
        atomic_store(&p->postfix_due, INFINITY);
    }
    pthread_mutex_unlock(&lock);
}

static void destroy(object *o)
{
    close_bar(o->payload);
    memory_free(o->payload);
}

static const object_class progress_class = {"accel_progress", destroy};

accel_progress_options accel_progress_options_default(void)
{
    return (accel_progress_options){ACCEL_PROGRESS_DEFAULTS()};
}

static void open_bar(progress *p, const accel_progress_options *o)
{
    log_set_writer(progress_print);
    pthread_mutex_lock(&lock);
    double now = clock_seconds();
    meter_start(&p->bar.meter, o->initial, now);
    screen_add(&p->bar, o->stream ? o->stream : stderr);
    p->interval = p->bar.on_terminal ? o->minimum_interval : log_interval;
    atomic_init(&p->count_due, now + p->interval);
    atomic_init(&p->postfix_due, p->bar.on_terminal ? now : INFINITY);
    p->open = true;
    pthread_mutex_unlock(&lock);
}

/* Keeps what fits. */
static void copy_text(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text);
    line_clean(to);
}

static progress *make(int64_t total, const char *description, const accel_progress_options *o)
{
    progress *p = memory_alloc(1, sizeof *p);
    if (!p)
        return NULL;
    meter *m = &p->bar.meter;
    m->total = total;
    m->scaled = o->unit_scale;
    m->divisor = o->unit_divisor;
    m->smoothing = o->smoothing;
    copy_text(m->description, sizeof m->description, description ? description : "");
    copy_text(m->unit, sizeof m->unit, o->unit);
    p->enabled = o->enabled;
    p->leave = o->leave;
    return p;
}

static accel_status check(int64_t total, const accel_progress_options *o)
{
    static const char call[] = "accel_progress_create";
    if (total < -1)
        return accel_error_raise(ACCEL_EINVAL, call, "total must be -1 (unknown) or more, got %" PRId64, total);
    if (!(o->minimum_interval >= 0))
        return accel_error_raise(ACCEL_EINVAL, call, "minimum_interval must not be negative, got %g",
                                 o->minimum_interval);
    if (o->initial < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "initial must not be negative, got %" PRId64, o->initial);
    if (!o->unit)
        return accel_error_raise(ACCEL_EINVAL, call, "unit is NULL");
    if (!(o->unit_divisor > 1))
        return accel_error_raise(ACCEL_EINVAL, call, "unit_divisor must be above 1, got %g", o->unit_divisor);
    if (!(o->smoothing >= 0 && o->smoothing <= 1))
        return accel_error_raise(ACCEL_EINVAL, call, "smoothing must be in [0, 1], got %g", o->smoothing);
    return ACCEL_OK;
}

accel_progress *accel_progress_create_with(int64_t total, const char *description,
                                           const accel_progress_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_progress_options o = accel_progress_options_default();
    if (accel_options_read("accel_progress_create", &o, sizeof o, options) != ACCEL_OK ||
        check(total, &o) != ACCEL_OK)
        return NULL;
    progress *p = make(total, description, &o);
    object *handle = p ? object_create(&progress_class, p) : NULL;
    if (!handle) {
        memory_free(p);
        return NULL;
    }
    if (p->enabled)
        open_bar(p, &o);
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

/* The bar whose text is to be set; NULL when it cannot be, with the reason recorded. */
static progress *writable(accel_progress *handle, const char *format, const char *call)
{
    progress *p = accel_error_is_set() ? NULL : object_payload(handle, &progress_class, call, "bar");
    if (p && !format)
        accel_error_raise(ACCEL_EINVAL, call, "format is NULL");
    return format ? p : NULL;
}

static accel_status set_text(char place[METER_TEXT_MAX], const char *call, const char *format,
                             va_list arguments)
{
    char text[METER_TEXT_MAX];
    if (vsnprintf(text, sizeof text, format, arguments) < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "format \"%s\" cannot be printed", format);
    line_clean(text);
    pthread_mutex_lock(&lock);
    memcpy(place, text, sizeof text);
    pthread_mutex_unlock(&lock);
    return ACCEL_OK;
}

accel_status accel_progress_set_postfix(accel_progress *handle, const char *format, ...)
{
    progress *p = writable(handle, format, __func__);
    if (!p || !p->enabled)
        return accel_error_status();
    va_list arguments;
    va_start(arguments, format);
    accel_status status = set_text(p->bar.meter.postfix, __func__, format, arguments);
    va_end(arguments);
    if (status == ACCEL_OK && clock_seconds() >= atomic_load_explicit(&p->postfix_due, memory_order_relaxed))
        show(p, &p->postfix_due, false);
    return accel_error_status();
}

accel_status accel_progress_set_description(accel_progress *handle, const char *format, ...)
{
    progress *p = writable(handle, format, __func__);
    if (!p || !p->enabled)
        return accel_error_status();
    va_list arguments;
    va_start(arguments, format);
    accel_status status = set_text(p->bar.meter.description, __func__, format, arguments);
    va_end(arguments);
    if (status == ACCEL_OK && p->bar.on_terminal)
        show(p, &p->postfix_due, true);
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
