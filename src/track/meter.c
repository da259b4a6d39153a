#include "track/meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "track/line.h"

static const double smoothing = 0.3;

/* tqdm divides both averages by the weight that they have gathered; in their ratio it cancels. */
void meter_sample(meter *m, double now)
{
    int64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    double counted = (double)count - (double)m->sampled_count, seconds = now - m->sampled_at;
    if (!(counted > 0 && seconds > 0))
        return;
    m->smooth_count = smoothing * counted + (1 - smoothing) * m->smooth_count;
    m->smooth_seconds = smoothing * seconds + (1 - smoothing) * m->smooth_seconds;
    m->sampled_count = count;
    m->sampled_at = now;
}

void meter_average(meter *m) { m->smooth_count = m->smooth_seconds = 0; }

/* Per second; 0 when unknown. */
static double rate_of(const meter *m, int64_t count, double elapsed)
{
    if (m->smooth_seconds > 0)
        return m->smooth_count / m->smooth_seconds;
    return elapsed > 0 ? (double)count / elapsed : 0;
}

enum { FIGURE_MAX = 64 };

/* [H:]MM:SS */
static void format_interval(char text[FIGURE_MAX], double seconds)
{
    const double longest = 1e15;
    int64_t whole = !(seconds > 0) ? 0 : (int64_t)(seconds < longest ? seconds : longest);
    int hour = whole >= 3600;
    snprintf(text, FIGURE_MAX, "%.*" PRId64 "%.*s%02d:%02d", hour, hour ? whole / 3600 : 0, hour, ":",
             (int)(whole / 60 % 60), (int)(whole % 60));
}

static void format_rate(char text[FIGURE_MAX], double rate)
{
    if (!(rate > 0))
        snprintf(text, FIGURE_MAX, "?it/s");
    else if (1 / rate > 1)
        snprintf(text, FIGURE_MAX, "%5.2fs/it", 1 / rate);
    else
        snprintf(text, FIGURE_MAX, "%5.2fit/s", rate);
}

/* What stands right of the bar, or of the label when there is no total. */
static accel_status print_figures(const meter *m, double now, int64_t count, int64_t total, buffer *out)
{
    char elapsed[FIGURE_MAX], remaining[FIGURE_MAX] = "?", rate_text[FIGURE_MAX];
    double rate = rate_of(m, count, now - m->started);
    format_interval(elapsed, now - m->started);
    if (rate > 0)
        format_interval(remaining, ((double)total - (double)count) / rate);
    format_rate(rate_text, rate);
    const char *comma = m->postfix[0] ? ", " : "";
    if (total <= 0)
        return buffer_printf(out, "%" PRId64 "it [%s, %s%s%s]", count, elapsed, rate_text, comma, m->postfix);
    return buffer_printf(out, "%" PRId64 "/%" PRId64 " [%s<%s, %s%s%s]", count, total, elapsed, remaining,
                         rate_text, comma, m->postfix);
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

accel_status meter_print(const meter *m, double now, size_t columns, bool ascii, buffer *out)
{
    size_t start = out->size;
    int64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    int64_t total = count > m->total ? 0 : m->total;
    buffer figures = {0};
    accel_status status = print_figures(m, now, count, total, &figures);
    if (status == ACCEL_OK)
        status = buffer_printf(out, "%s%s", m->label, m->label[0] ? ": " : "");
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
