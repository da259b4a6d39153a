/* A file that grows by whole pieces: after a write that failed it is as it was before, and the next one may succeed. */
#ifndef ACCEL_TRACK_JOURNAL_H
#define ACCEL_TRACK_JOURNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include <accel/error.h>

/* Start with {0}: closed. */
typedef struct journal {
    char *path; /* NULL: closed */
    int fd;     /* -1: to be opened again */
    off_t size; /* of what is whole */
} journal;

/* Makes the file, or goes on behind what is there. Until it is closed, or its process ends, nobody else can open it. */
accel_status journal_open(journal *j, const char *path);

/* The same for a file that must not be there yet. */
accel_status journal_create(journal *j, const char *path);

/* Whether the last line has its end; true of an empty file. */
bool journal_ends_line(const journal *j);

accel_status journal_append(journal *j, const void *bytes, size_t size);

/* Goes on with the file that has taken its place under its name. After a failure the next append tries that first. */
accel_status journal_reopen(journal *j);

/* Closes it when all of it is on the disk; also closed on failure. A closed one stays so. */
accel_status journal_close(journal *j);

#endif
