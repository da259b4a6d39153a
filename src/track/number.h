/* Numbers as text that gives the same number back. */
#ifndef ACCEL_TRACK_NUMBER_H
#define ACCEL_TRACK_NUMBER_H

enum { NUMBER_MAX = 32 }; /* bytes, with the one that ends it */

/* Whole numbers below 1e16 as such, others with as few digits as they need, as Python's repr does: "3", "0.1", "1e-05"; "-0.0",
   which no whole number is. With a point whatever the locale says. Those that are not finite: "nan", "inf", "-inf". */
void number_print(char text[NUMBER_MAX], double number);

#endif
