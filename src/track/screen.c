#include "track/screen.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

static screen_bar *first_bar; /* of those on terminals, in the order in which they were added */

/* Which terminal a stream writes to; false when it writes to none that can move its cursor. */
static bool terminal_of(FILE *stream, dev_t *terminal)
{
    struct stat status;
    int descriptor = fileno(stream);
    const char *kind = getenv("TERM");
    if (descriptor < 0 || !isatty(descriptor) || (kind && strcmp(kind, "dumb") == 0) ||
        fstat(descriptor, &status) != 0)
        return false;
    *terminal = status.st_rdev;
    return true;
}

/* As in Python: UTF-8, unless the environment names a locale with another character set. */
static bool wants_ascii(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *name = NULL;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0] && (!name || !*name); i++)
        name = getenv(variables[i]);
    if (!name || !*name || strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0)
        return false;
    const char *set = strchr(name, '.');
    return !set || (strncasecmp(set, ".utf-8", 6) != 0 && strncasecmp(set, ".utf8", 5) != 0);
}

/* The last column stays free: behind a full line terminals differ about where the cursor is. The last row does
   too, so that the first bar cannot scroll out of reach. */
static void measure(FILE *stream, size_t *columns, size_t *rows)
{
    struct winsize size = {0};
    const char *setting = getenv("COLUMNS");
    ioctl(fileno(stream), TIOCGWINSZ, &size);
    long wanted = size.ws_col ? size.ws_col : setting ? strtol(setting, NULL, 10) : 0;
    *columns = wanted <= 0 || wanted > 10000 ? 79 : wanted > 1 ? (size_t)wanted - 1 : 1;
    *rows = size.ws_row == 0 ? 23 : size.ws_row > 1 ? size.ws_row - 1U : 1;
}

static void write_all(FILE *stream, const buffer *text)
{
    fwrite(text->data, 1, text->size, stream);
    fflush(stream);
}

static size_t count_drawn(dev_t terminal)
{
    size_t lines = 0;
    for (const screen_bar *bar = first_bar; bar; bar = bar->next)
        lines += bar->terminal == terminal && bar->drawn;
    return lines;
}

/* From behind the last of so many lines to the beginning of the first one. */
static accel_status go_up(size_t lines, buffer *out)
{
    return lines > 1 ? buffer_printf(out, "\r\033[%zuA", lines - 1) : buffer_append_string(out, "\r");
}

/* The bars of a terminal, and nothing below them. As many as fit; the newest may have to wait. */
static accel_status print_bars(dev_t terminal, size_t columns, size_t rows, buffer *out)
{
    double now = clock_seconds();
    size_t lines = 0;
    accel_status status = ACCEL_OK;
    for (screen_bar *bar = first_bar; bar && lines < rows && status == ACCEL_OK; bar = bar->next) {
        if (bar->terminal != terminal)
            continue;
        if (lines++ > 0)
            status = buffer_append_string(out, "\033[K\n");
        if (status == ACCEL_OK)
            status = meter_print(&bar->meter, now, columns, bar->ascii, out);
    }
    return status == ACCEL_OK ? buffer_append_string(out, "\033[J") : status;
}

static void mark_drawn(dev_t terminal, size_t rows)
{
    for (screen_bar *bar = first_bar; bar; bar = bar->next)
        if (bar->terminal == terminal) {
            bar->drawn = rows > 0;
            rows -= bar->drawn;
        }
}

/* One frame in place of the lines that stand there: text that scrolls away, and the bars below it. */
static accel_status draw(FILE *stream, dev_t terminal, size_t lines, const char *above)
{
    size_t columns, rows;
    measure(stream, &columns, &rows);
    buffer frame = {0};
    accel_status status = go_up(lines, &frame);
    if (status == ACCEL_OK && *above)
        status = buffer_printf(&frame, "\033[J%s%s", above, above[strlen(above) - 1] == '\n' ? "" : "\n");
    if (status == ACCEL_OK)
        status = print_bars(terminal, columns, rows, &frame);
    if (status == ACCEL_OK) {
        write_all(stream, &frame);
        mark_drawn(terminal, rows);
    }
    buffer_dispose(&frame);
    return status;
}

static void write_line(const screen_bar *bar)
{
    buffer line = {0};
    if (meter_print(&bar->meter, clock_seconds(), 0, bar->ascii, &line) == ACCEL_OK &&
        buffer_append_string(&line, "\n") == ACCEL_OK)
        write_all(bar->stream, &line);
    buffer_dispose(&line);
}

void screen_add(screen_bar *bar, FILE *stream)
{
    bar->stream = stream;
    bar->on_terminal = terminal_of(stream, &bar->terminal);
    if (!bar->on_terminal)
        return;
    bar->ascii = wants_ascii();
    screen_bar **end = &first_bar;
    while (*end)
        end = &(*end)->next;
    *end = bar;
    screen_show(bar);
}

void screen_show(screen_bar *bar)
{
    if (bar->on_terminal)
        draw(bar->stream, bar->terminal, count_drawn(bar->terminal), "");
    else
        write_line(bar);
}

static void forget(const screen_bar *bar)
{
    screen_bar **link = &first_bar;
    while (*link != bar)
        link = &(*link)->next;
    *link = bar->next;
}

void screen_remove(screen_bar *bar, bool leave)
{
    if (!bar->on_terminal) {
        if (leave)
            write_line(bar);
        return;
    }
    size_t columns, rows, lines = count_drawn(bar->terminal);
    measure(bar->stream, &columns, &rows);
    buffer last = {0};
    accel_status status = ACCEL_OK;
    if (leave)
        status = meter_print(&bar->meter, clock_seconds(), columns, bar->ascii, &last);
    forget(bar);
    if (status == ACCEL_OK)
        status = draw(bar->stream, bar->terminal, lines, leave ? last.data : "");
    if (status != ACCEL_OK) { /* no memory: the line stays as it is */
        fputs("\n", bar->stream);
        fflush(bar->stream);
    }
    buffer_dispose(&last);
}

void screen_print(FILE *stream, const char *text)
{
    dev_t terminal = 0;
    bool shared = false;
    if (first_bar && terminal_of(stream, &terminal))
        for (const screen_bar *bar = first_bar; bar; bar = bar->next)
            shared = shared || bar->terminal == terminal;
    if (!shared || draw(stream, terminal, count_drawn(terminal), text) != ACCEL_OK)
        fputs(text, stream);
}
