/* A table in a file, as RFC 4180 has it: a line of names, then rows. Text is quoted, numbers are not, and what a row has no
 * value for is empty. Lines end with \n. The file goes on growing from one program to the next.
 */
#ifndef ACCEL_TRACK_CSV_TABLE_H
#define ACCEL_TRACK_CSV_TABLE_H

#include <accel/tracker.h>

#include "track/journal.h"

/* Start with {0}: closed. */
typedef struct csv_table {
    journal file;
    char **columns;
    size_t count;
} csv_table;

/* `first` is the name of the first column, in a file that is there, too; NULL for any. */
accel_status csv_table_open(csv_table *table, const char *path, const char *first);

/* Adds a row, and first, at the end, a column for each name that has none: then the file is written anew. */
accel_status csv_table_add(csv_table *table, const accel_log_value *values, size_t count);

/* Closes it when all of it is on the disk; also closed on failure. */
accel_status csv_table_close(csv_table *table);

#endif
