/* What the processes write, line by line with their rank before it: "[1] loss 0.31".
 *
 *     rank 0: pipe -> line -+
 *     rank 1: pipe -> line -+-> sink: queue -> the launcher's standard output
 *
 * A line is passed on whole once its end is there, so that lines of two processes never mix. One of more than a mebibyte
 * is passed on in pieces, with one rank before it, while the others' lines are kept; it is broken only when one of them
 * has a mebibyte to say meanwhile. Nothing here waits: a sink whose reader is slow keeps a queue, and while that is long
 * nobody's pipe is read. A sink that nobody reads any more swallows what comes; so does one that cannot be written. Lost
 * lines are remembered as an error, also for want of memory.
 */
#ifndef ACCEL_LAUNCH_OUTPUT_H
#define ACCEL_LAUNCH_OUTPUT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Where lines go to. */
typedef struct output_sink {
    int fd;
    bool closed;
    int error; /* errno, of what lost lines; 0: none is lost */
    buffer queue;
    size_t done;                      /* bytes of the queue that were written */
    const struct output_stream *open; /* whose line has begun here and not ended; NULL: nobody's */
} output_sink;

/* Where they come from. */
typedef struct output_stream {
    int fd; /* -1 once it has ended */
    int rank;
    int log;       /* a file that has it, too, as it is; -1: none */
    int log_error; /* errno, of what it lost; 0: nothing */
    output_sink *sink;
    buffer kept;  /* what was not passed on yet */
    size_t whole; /* bytes of it that are whole lines */
} output_stream;

typedef struct output {
    output_sink sinks[2]; /* standard output, standard error */
    output_stream *streams;
    size_t count;
} output;

/* Room for the streams of so many processes. */
accel_status output_open(output *o, int num_processes);

/* One more stream, of a rank to the launcher's standard output (0) or error (1), and into a file, which is taken; -1: none. `fd` is for
   the process. */
accel_status output_add(output *o, int rank, int sink, int log, int *fd);

/* What to wait for: fills some of the places, of which so many are needed. */
size_t output_places(int num_processes);
size_t output_watch(const output *o, struct pollfd *places);

/* Takes in and passes on what can be without waiting. */
void output_move(output *o);

/* When every process has ended: the same, and a pipe that has nothing more has ended. False once all is written. */
bool output_drain(output *o);

/* The errno by which lines were lost, 0 for none, and where they were to go. */
int output_error(const output *o, const char **name);

void output_dispose(output *o);

#endif
