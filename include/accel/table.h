/**
 * Tables of text: files with a row a line and fields between separators.
 *
 * Line ends are LF or CRLF, and the last line may lack one; CR alone, or UTF-16, is ACCEL_EFORMAT. Empty lines are skipped. Every
 * row has as many fields as the first; another number is an error that names file and line. Fields are bytes as they are in
 * the file: there is no quoting in tab-separated files.
 */
#ifndef ACCEL_TABLE_H
#define ACCEL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <accel/scope.h>

ACCEL_BEGIN_DECLS

/** Reads a whole tab-separated file: new. A file without rows is ACCEL_EFORMAT. */
ACCEL_API accel_table *accel_table_read(const char *path);

/** Rows, and fields in each; -1 on failure. */
ACCEL_API int64_t accel_table_rows(accel_table *table);
ACCEL_API int64_t accel_table_columns(accel_table *table);

/** A field, counted from 0: its bytes, borrowed from the table and followed by a zero byte, and their number in `size`
    (NULL: not wanted). NULL with ACCEL_ENOTFOUND, naming file and column, when there is no such field. */
ACCEL_API const char *accel_table_field(accel_table *table, int64_t row, int64_t column, size_t *size);

/** A field as a number, in decimal and finite, spaces around it allowed; NaN with ACCEL_EFORMAT, naming file and line,
    when it is none. */
ACCEL_API double accel_table_number(accel_table *table, int64_t row, int64_t column);

ACCEL_END_DECLS

#endif
