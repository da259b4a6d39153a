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

/* A private directory for the reports of a launch, in $TMPDIR or /tmp; its path, new. Where $TMPDIR cannot be used a
   warning says so. NULL, with nothing recorded, where none can be made: one can do without. */
char *report_folder_create(void);

/* Where a rank leaves its report, new. */
char *report_path(const char *folder, int rank);

/* Removes the directory and whatever is in it. */
void report_folder_clear(const char *folder);

/* The same, and the path is taken; NULL does nothing. */
void report_folder_remove(char *folder);

#endif
