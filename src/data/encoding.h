/* Files that are text, but not as the rows of a dataset are. */
#ifndef ACCEL_DATA_ENCODING_H
#define ACCEL_DATA_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

/* What is wrong with a file that begins with these bytes: UTF-16, or lines that end in CR alone. NULL: nothing. `quote_after` as in
   row_reader.h: what is between quotes may have any line end. */
const char *encoding_refusal(const char *bytes, size_t size, char quote_after);

/* Whether it has a zero byte, and what is wrong then. */
bool encoding_has_zero(const char *bytes, size_t size);
extern const char encoding_zero[];

#endif
