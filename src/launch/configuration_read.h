/* Entries of a configuration, made of the bytes of its file. */
#ifndef ACCEL_LAUNCH_CONFIGURATION_READ_H
#define ACCEL_LAUNCH_CONFIGURATION_READ_H

#include "launch/configuration.h"

/* As PyYAML reads them, and as Python's json does, NaN and Infinity included; `c` has its path. */
accel_status configuration_read_yaml(configuration *c, const char *bytes, size_t size);
accel_status configuration_read_json(configuration *c, const char *bytes, size_t size);

/* Puts an entry after the others, and takes its strings, also on failure. */
accel_status configuration_add(configuration *c, configuration_entry entry);

/* A list without values. */
accel_status configuration_add_empty_list(configuration *c, const char *section, const char *key, size_t line);

/* A section without keys, which is null to the reference. */
accel_status configuration_add_null(configuration *c, const char *key, size_t line);

/* ACCEL_EINVAL with "FILE:LINE: KEYWHAT". */
accel_status configuration_refuse(const configuration *c, size_t line, const char *key, const char *what);

#endif
