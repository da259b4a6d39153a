#include "data/csv.h"

#include <string.h>

csv_state csv_step(csv_state state, char c, char delimiter)
{
    if (state == CSV_QUOTED)
        return c == '"' ? CSV_CLOSED : CSV_QUOTED;
    if (c == '"' && state != CSV_PLAIN)
        return CSV_QUOTED;
    return c == delimiter ? CSV_BEGINS : CSV_PLAIN;
}

/* Ends a field, which is from..to, and counts it. */
static void add(csv_field *fields, size_t max, size_t *count, char *from, char *to)
{
    *to = '\0';
    if (*count < max)
        fields[*count] = (csv_field){.text = from, .size = (size_t)(to - from)};
    (*count)++;
}

const char *csv_split(char *bytes, size_t size, char delimiter, csv_field *fields, size_t max, size_t *count)
{
    char *from = bytes, *to = bytes; /* the field so far, without the quotes that are no part of it */
    csv_state state = CSV_BEGINS;
    *count = 0;
    for (size_t i = 0; i < size; i++) {
        char c = bytes[i];
        csv_state next = csv_step(state, c, delimiter);
        if (next == CSV_BEGINS) {
            add(fields, max, count, from, to);
            from = to = bytes + i + 1;
        } else if (state == CSV_CLOSED && next == CSV_PLAIN) {
            return "has something behind the quote that closes a field";
        } else if (next == CSV_PLAIN || state == CSV_CLOSED || (state == CSV_QUOTED && next == CSV_QUOTED)) {
            *to++ = c;
        }
        state = next;
    }
    if (state == CSV_QUOTED)
        return "has a quote that is never closed";
    add(fields, max, count, from, to);
    return NULL;
}

void csv_split_plain(char *bytes, size_t size, char delimiter, csv_field *fields, size_t max, size_t *count)
{
    char *end = bytes + size;
    *count = 0;
    for (char *from = bytes;;) {
        char *to = memchr(from, delimiter, (size_t)(end - from));
        add(fields, max, count, from, to ? to : end);
        if (!to)
            return;
        from = to + 1;
    }
}
