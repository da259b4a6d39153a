/* Where bars are seen: at the lower end of a terminal, one line a bar with the oldest on top, or in a log.
 *
 * The cursor rests behind the last bar of its terminal. Each frame is one write that goes up to the first bar,
 * draws all of them, and clears what stood below. Two streams on one terminal share its bars.
 *
 * Every function is called with the one lock of progress.c held. When memory for a frame runs out, ACCEL_ENOMEM
 * is recorded and the frame is not drawn.
 */
#ifndef ACCEL_TRACK_SCREEN_H
#define ACCEL_TRACK_SCREEN_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "track/meter.h"

typedef struct screen_bar {
    meter meter;
    FILE *stream;
    bool on_terminal, ascii;
    dev_t terminal; /* which one, if it is on one */
    bool drawn;     /* has a line on it now */
    struct screen_bar *next;
} screen_bar;

/* Puts a bar below those of its terminal, or makes it ready for a log. */
void screen_add(screen_bar *bar, FILE *stream);

/* Shows how it stands: draws the bars of its terminal anew, or writes a line. */
void screen_show(screen_bar *bar);

/* Takes it off the screen; its last line stays above the bars that go on, or in the log, if it is to be left. */
void screen_remove(screen_bar *bar, bool leave);

/* Prints text above the bars of the stream's terminal, or just prints it. */
void screen_print(FILE *stream, const char *text);

#endif
