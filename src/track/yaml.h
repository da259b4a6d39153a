/* Values as a YAML mapping. */
#ifndef ACCEL_TRACK_YAML_H
#define ACCEL_TRACK_YAML_H

#include <accel/tracker.h>

#include "base/buffer.h"

/* Appends a line for each value, by name, as yaml.dump does; text that is no plain word is between double quotes. */
accel_status yaml_print(buffer *out, const accel_log_value *values, size_t count);

#endif
