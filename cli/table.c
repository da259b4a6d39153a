#include "cli/table.h"

#include <string.h>

/* The widths of the columns; of the last one `extra` is drawn besides. */
typedef struct widths {
    size_t columns[TABLE_COLUMNS], extra;
} widths;

/* Characters, not bytes. */
static size_t length_of(const char *text)
{
    size_t length = 0;
    for (; *text; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}

static void print_times(FILE *stream, const char *what, size_t times)
{
    while (times-- > 0)
        fputs(what, stream);
}

/* As Python's str.center: of an odd number of blanks one more is on the left where the width is odd. */
static void print_centred(FILE *stream, const char *text, size_t width)
{
    const size_t length = length_of(text), blanks = width > length ? width - length : 0;
    const size_t left = blanks / 2 + (blanks & width & 1);
    print_times(stream, " ", left);
    fputs(text, stream);
    print_times(stream, " ", blanks - left);
}

static void print_line(FILE *stream, const widths *w, const char *left, const char *middle, const char *right)
{
    fputs(left, stream);
    for (size_t i = 0; i < TABLE_COLUMNS; i++) {
        fputs(i ? middle : "", stream);
        print_times(stream, "─", w->columns[i]);
    }
    print_times(stream, "─", w->extra);
    fprintf(stream, "%s\n", right);
}

static void print_row(FILE *stream, const widths *w, const table_row *row)
{
    for (size_t i = 0; i < TABLE_COLUMNS; i++) {
        fputs("│", stream);
        print_centred(stream, row->cells[i], w->columns[i] + (i + 1 == TABLE_COLUMNS ? w->extra : 0));
    }
    fputs("│\n", stream);
}

static size_t sum_of(const widths *w)
{
    size_t sum = w->extra;
    for (size_t i = 0; i < TABLE_COLUMNS; i++)
        sum += w->columns[i];
    return sum;
}

static void widen(widths *w, const table_row *row)
{
    for (size_t i = 0; i < TABLE_COLUMNS; i++) {
        const size_t length = length_of(row->cells[i]);
        w->columns[i] = length > w->columns[i] ? length : w->columns[i];
    }
}

void table_print(FILE *stream, const char *title, const table_row *header, const table_row *rows, size_t count)
{
    const size_t borders = TABLE_COLUMNS + 1, length = length_of(title);
    widths w = {0};
    widen(&w, header);
    for (size_t i = 0; i < count; i++)
        widen(&w, &rows[i]);
    const size_t whole = sum_of(&w) + borders;
    if (length > sum_of(&w)) { /* the reference adds what is missing twice */
        w.extra = length > whole ? length - whole : whole - length;
        w.columns[TABLE_COLUMNS - 1] += w.extra;
    }
    print_line(stream, &w, "┌", "─", "┐");
    fputs("│", stream);
    print_centred(stream, title, sum_of(&w) + borders - 2);
    fputs("│\n", stream);
    print_line(stream, &w, "├", "┬", "┤");
    print_row(stream, &w, header);
    print_line(stream, &w, "├", "┼", "┤");
    for (size_t i = 0; i < count; i++)
        print_row(stream, &w, &rows[i]);
    print_line(stream, &w, "└", "┴", "┘");
}
