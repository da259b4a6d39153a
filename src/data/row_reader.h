/* Reads a text file row by row, in bounded memory. */
#ifndef ACCEL_DATA_ROW_READER_H
#define ACCEL_DATA_ROW_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/file_state.h"

/* A row without its line end. */
typedef struct text_row {
    const char *bytes; /* borrowed until the reader's next call */
    size_t size;
    int64_t offset; /* in the file */
    int64_t line;   /* that it begins in, from 1 */
} text_row;

typedef struct row_reader row_reader;

/* `quote_after`: rows have fields between these characters, and a field that begins with a double quote may hold line breaks;
   0: a row is a line. A pipe may be read, too. NULL with the failure recorded. */
row_reader *row_reader_open(const char *path, char quote_after);

/* The next row that is not empty; false after the last one or with a failure recorded. Of a row with a quote that is never
   closed only the first line is given, and what follows is read as rows of its own. ACCEL_EIO for a file that changes. */
bool row_reader_next(row_reader *reader, text_row *row);

/* What the file was when it was opened: borrowed from the reader. */
const file_state *row_reader_state(const row_reader *reader);

void row_reader_close(row_reader *reader); /* NULL does nothing */

#endif
