/* What a process leaves about its failure: a small JSON file whose name it finds in its environment, the same as under
 * torchrun. */
#ifndef ACCEL_LAUNCH_REPORT_H
#define ACCEL_LAUNCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

enum { REPORT_MESSAGE_MAX = 1024 };

typedef struct report {
    bool there;
    int rank;                         /* where the failure began; -1: it does not say */
    char message[REPORT_MESSAGE_MAX]; /* one line; "" for none */
} report;

/* The report in these bytes. Whatever is there instead, or missing in it, is left out. */
void report_parse(report *r, const char *bytes, size_t size);

/* The same for a file, which need not be there. */
void report_read(report *r, const char *path);

/* Where a rank leaves its report in that folder, new. */
char *report_path(const char *folder, int rank);

#endif
