/* Rows of fields between delimiters, quoted as RFC 4180 has it. */
#ifndef ACCEL_DATA_CSV_H
#define ACCEL_DATA_CSV_H

#include <stddef.h>

/* Where a character of a row stands. */
typedef enum csv_state {
    CSV_BEGINS, /* at the beginning of a field */
    CSV_PLAIN,
    CSV_QUOTED,
    CSV_CLOSED, /* behind a quote that may end the field, or be the first of two */
} csv_state;

/* The state behind another character. A line end in any state but CSV_QUOTED ends the row. */
csv_state csv_step(csv_state state, char c, char delimiter);

typedef struct csv_field {
    char *text; /* followed by a zero byte */
    size_t size;
} csv_field;

/* Splits a row into up to `max` fields, in place; bytes[size] is there to be written. How many there are goes to `count`. Returns
   what is wrong with the row, NULL if nothing is. */
const char *csv_split(char *bytes, size_t size, char delimiter, csv_field *fields, size_t max, size_t *count);

/* The same without quotes. */
void csv_split_plain(char *bytes, size_t size, char delimiter, csv_field *fields, size_t max, size_t *count);

#endif
