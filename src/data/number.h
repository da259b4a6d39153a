/* Numbers in text. */
#ifndef ACCEL_DATA_NUMBER_H
#define ACCEL_DATA_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A finite number in decimal digits with a point, whatever the program's locale says, spaces around it allowed; NaN when the
   text is none. A zero byte follows the text. */
double number_read(const char *text, size_t size);

/* A whole one, exact over 64 bits. */
bool number_read_integer(const char *text, size_t size, int64_t *out);

/* The same value as an integer, where it is whole and fits. */
bool number_is_integer(double value, int64_t *out);

#endif
