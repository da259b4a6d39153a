#include "track/meter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "track/line.h"

void meter_start(meter *m, int64_t initial, double now)
{
    atomic_store_explicit(&m->count, initial, memory_order_relaxed);
    m->initial = m->sampled_count = initial;
    m->started = m->sampled_at = now;
    meter_average(m);
}

void meter_sample(meter *m, double now)
{
    int64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    double counted = (double)count - (double)m->sampled_count, seconds = now - m->sampled_at;
    if (!(counted > 0 && seconds > 0))
        return;
    m->smooth_count = m->smoothing * counted + (1 - m->smoothing) * m->smooth_count;
    m->smooth_seconds = m->smoothing * seconds + (1 - m->smoothing) * m->smooth_seconds;
    m->samples++;
    m->sampled_count = count;
    m->sampled_at = now;
}

void meter_average(meter *m)
{
    m->samples = 0;
    m->smooth_count = m->smooth_seconds = 0;
}

/* Per second; 0 when unknown. Both averages are divided by the weight that they have gathered: it cancels but for the
   last digit, which is tqdm's that way. */
static double rate_of(const meter *m, int64_t count, double elapsed)
{
    double weight = 1 - pow(1 - m->smoothing, (double)m->samples);
    if (m->smooth_seconds > 0)
        return m->smooth_count / weight / (m->smooth_seconds / weight);
    return elapsed > 0 ? ((double)count - (double)m->initial) / elapsed : 0;
}

enum { FIGURE_MAX = 64 };

/* [H:]MM:SS */
static void format_interval(char text[FIGURE_MAX], double seconds)
{
    const double longest = 9e18;
    int64_t whole = !(seconds > 0) ? 0 : (int64_t)(seconds < longest ? seconds : longest);
    int hour = whole >= 3600;
    snprintf(text, FIGURE_MAX, "%.*" PRId64 "%.*s%02d:%02d", hour, hour ? whole / 3600 : 0, hour, ":",
             (int)(whole / 60 % 60), (int)(whole % 60));
}

/* Three digits and a prefix: 9.99, 10.0k, 100M. */
static void format_scaled(char text[FIGURE_MAX], double number, double divisor)
{
    static const char prefixes[] = "kMGTPEZY";
    size_t power = 0;
    for (; power < sizeof prefixes - 1 && fabs(number) >= 999.5; power++)
        number /= divisor;
    int decimals = fabs(number) < 9.995 ? 2 : fabs(number) < 99.95 || power == sizeof prefixes - 1 ? 1 : 0;
    snprintf(text, FIGURE_MAX, "%.*f%.*s", decimals, number, power > 0, power > 0 ? prefixes + power - 1 : "");
}

static void format_count(const meter *m, char text[FIGURE_MAX], int64_t count)
{
    if (m->scaled)
        format_scaled(text, (double)count, m->divisor);
    else
        snprintf(text, FIGURE_MAX, "%" PRId64, count);
}

/* Units per second, or seconds per unit when that is more than one. */
static accel_status print_rate(const meter *m, double rate, buffer *out)
{
    char number[FIGURE_MAX] = "?";
    bool slow = rate > 0 && 1 / rate > 1;
    double shown = slow ? 1 / rate : rate;
    if (rate > 0 && m->scaled)
        format_scaled(number, shown, 1000);
    else if (rate > 0)
        snprintf(number, FIGURE_MAX, "%5.2f", shown);
    return slow ? buffer_printf(out, "%ss/%s", number, m->unit) : buffer_printf(out, "%s%s/s", number, m->unit);
}

/* What stands right of the bar, or of the description when there is no total. */
static accel_status print_figures(const meter *m, double now, int64_t count, int64_t total, buffer *out)
{
    char done[FIGURE_MAX], whole[FIGURE_MAX], elapsed[FIGURE_MAX], remaining[FIGURE_MAX] = "?";
    double rate = rate_of(m, count, now - m->started);
    format_count(m, done, count);
    format_count(m, whole, total);
    format_interval(elapsed, now - m->started);
    if (rate > 0)
        format_interval(remaining, ((double)total - (double)count) / rate);
    accel_status status = total > 0 ? buffer_printf(out, "%s/%s [%s<%s, ", done, whole, elapsed, remaining)
                                    : buffer_printf(out, "%s%s [%s, ", done, m->unit, elapsed);
    if (status == ACCEL_OK)
        status = print_rate(m, rate, out);
    return status == ACCEL_OK ? buffer_printf(out, "%s%s]", m->postfix[0] ? ", " : "", m->postfix) : status;
}

static accel_status print_blocks(double fraction, size_t columns, bool ascii, buffer *out)
{
    static const char *const blocks[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    static const char *const digits[] = {" ", "1", "2", "3", "4", "5", "6", "7", "8", "9", "#"};
    const char *const *parts = ascii ? digits : blocks;
    size_t last = (ascii ? sizeof digits / sizeof digits[0] : sizeof blocks / sizeof blocks[0]) - 1;
    size_t filled = (size_t)(fraction * (double)columns * (double)last);
    accel_status status = ACCEL_OK;
    for (size_t i = 0; i < columns && status == ACCEL_OK; i++) {
        size_t part = filled < last ? filled : last;
        filled -= part;
        status = buffer_append_string(out, parts[part]);
    }
    return status;
}

/* `43%|████▎     | figures`, with a bar that fills what the rest of the line leaves. */
static accel_status print_bar(double fraction, size_t start, size_t columns, bool ascii, const char *figures,
                              buffer *out)
{
    accel_status status = buffer_printf(out, "%3.0f%%%s", fraction * 100, columns ? "|" : "");
    if (status == ACCEL_OK && columns) {
        size_t used = line_columns(out->data + start) + 2 + line_columns(figures);
        status = print_blocks(fraction, used < columns ? columns - used : 1, ascii, out);
    }
    return status != ACCEL_OK ? status : buffer_append_string(out, columns ? "| " : " ");
}

static double fraction_of(int64_t count, int64_t total)
{
    return count > 0 ? (double)count / (double)total : 0;
}

/* What stands behind the description, unless it ends so by itself. */
static const char *separator(const char *description)
{
    size_t size = strlen(description);
    bool separated = size >= 2 && strcmp(description + size - 2, ": ") == 0;
    return size == 0 || separated ? "" : ": ";
}

accel_status meter_print(const meter *m, double now, size_t columns, bool ascii, buffer *out)
{
    size_t start = out->size;
    int64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    int64_t total = count > m->total ? 0 : m->total;
    buffer figures = {0};
    accel_status status = print_figures(m, now, count, total, &figures);
    if (status == ACCEL_OK)
        status = buffer_printf(out, "%s%s", m->description, separator(m->description));
    if (status == ACCEL_OK && total > 0)
        status = print_bar(fraction_of(count, total), start, columns, ascii, figures.data, out);
    if (status == ACCEL_OK)
        status = buffer_append_string(out, figures.data);
    if (status == ACCEL_OK && columns) {
        out->size = start + line_fit(out->data + start, columns);
        out->data[out->size] = '\0';
    }
    buffer_dispose(&figures);
    return status;
}
