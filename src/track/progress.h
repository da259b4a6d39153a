/* Printing beside progress bars. */
#ifndef ACCEL_TRACK_PROGRESS_H
#define ACCEL_TRACK_PROGRESS_H

#include <stdio.h>

#include <accel/progress.h>

/* Prints text as fputs does. On a terminal where bars are drawn it goes above them, with a line break added if
   its last line has none. From any thread; works while an error is recorded. */
void progress_print(FILE *stream, const char *text);

#endif
