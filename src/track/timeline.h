/* Where time went: what began when and took how long, added up by name. */
#ifndef ACCEL_TRACK_TIMELINE_H
#define ACCEL_TRACK_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <accel/error.h>

typedef struct timeline timeline;

timeline *timeline_create(void);
void timeline_free(timeline *t); /* NULL does nothing */

/* In the order of their beginnings. What lies within another of its thread is part of it; not so where `apart`. */
accel_status timeline_add(timeline *t, const char *name, uint64_t thread, int64_t start_ns, int64_t duration_ns,
                          bool apart);

/* A table of the names that took most by themselves, without what is part of them; `rows` of them. Percentages are of what was
   not apart. */
accel_status timeline_print(const timeline *t, FILE *stream, int rows);

#endif
