/* Text from files and command lines as a terminal or a program may have it: nothing in it moves a cursor or ends a line. */
#ifndef ACCEL_CLI_SHOWN_H
#define ACCEL_CLI_SHOWN_H

#include <stdio.h>

/* A name as it is, or as a string of JSON if anything in it is not a plain character. Returns how wide it is. */
int shown_print(FILE *stream, const char *name);
int shown_width(const char *name);

/* A string of JSON, in ASCII; what is not UTF-8 is U+FFFD. */
void shown_quote(FILE *stream, const char *text);

#endif
