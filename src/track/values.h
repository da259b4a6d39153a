/* Lists of values, before they are written. */
#ifndef ACCEL_TRACK_VALUES_H
#define ACCEL_TRACK_VALUES_H

#include <accel/tracker.h>

/* ACCEL_EINVAL, under the name `call`, for a list that cannot be written: without names, with a name twice, or not UTF-8. */
accel_status values_check(const char *call, const accel_log_value *values, size_t count);

/* The value of that name; NULL for none. */
const accel_log_value *values_find(const accel_log_value *values, size_t count, const char *name);

#endif
