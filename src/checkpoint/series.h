/* The numbered training states of a project: PROJECT/checkpoints/checkpoint_0, checkpoint_1 …. */
#ifndef ACCEL_CHECKPOINT_SERIES_H
#define ACCEL_CHECKPOINT_SERIES_H

#include <stdint.h>

#include <accel/error.h>

/* The path of one: new, free with memory_free. NULL on failure. */
char *series_path(const char *project, int64_t number);

/* The highest number there is; -1 for none, and on failure. */
int64_t series_highest(const char *project);

/* The next lower number below one; -1 for none, and on failure. */
int64_t series_below(const char *project, int64_t number);

/* The number that a path ends in, as of one of a series; -1 for another path. */
int64_t series_number(const char *path);

/* Removes the lowest numbers until there are at most `limit`, without the one that was saved last. */
accel_status series_limit(const char *project, int64_t limit, int64_t last);

#endif
