/* Text that has to stay within one line of a terminal. */
#ifndef ACCEL_TRACK_LINE_H
#define ACCEL_TRACK_LINE_H

#include <stddef.h>

/* Makes text harmless in place: control characters become spaces, bytes that are not UTF-8 question marks. */
void line_clean(char *text);

/* How many columns clean text takes: two for East Asian wide characters and pictures, else one. A doubtful
   character counts as two, because a line that is too long tears the screen and one that is short does not. */
size_t line_columns(const char *text);

/* How many bytes from its beginning fit into that many columns. */
size_t line_fit(const char *text, size_t columns);

#endif
