/* Time that only moves forward. */
#ifndef ACCEL_BASE_CLOCK_H
#define ACCEL_BASE_CLOCK_H

#include <time.h>

/* Seconds since some moment in the past, the same for the whole process. */
double clock_seconds(void);

/* The moment so many seconds from now, of CLOCK_MONOTONIC, for timed waits. */
struct timespec clock_after(double seconds);

/* Milliseconds until a moment of clock_seconds, for poll: rounded up, an hour at most, 0 when it has passed. */
int clock_milliseconds_until(double deadline);

/* For tests: the clock stands at `seconds`; a negative number lets it go on. */
void clock_set_for_test(double seconds);

#endif
