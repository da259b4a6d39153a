/* Tables with a title and a box around them, to the letter as the reference draws them. */
#ifndef ACCEL_CLI_TABLE_H
#define ACCEL_CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum { TABLE_COLUMNS = 4, TABLE_CELL_SIZE = 32 };

/* UTF-8. */
typedef struct table_row {
    char cells[TABLE_COLUMNS][TABLE_CELL_SIZE];
} table_row;

/* Source: accelerate.commands.estimate.create_ascii_table. */
void table_print(FILE *stream, const char *title, const table_row *header, const table_row *rows, size_t count);

#endif
