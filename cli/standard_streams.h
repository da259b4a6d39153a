/* Standard input, output and error, any of which may be closed when the program begins, and the second of which may be full. */
#ifndef ACCEL_CLI_STANDARD_STREAMS_H
#define ACCEL_CLI_STANDARD_STREAMS_H

#include <stdbool.h>

/* Sees to it that no file opened later is taken for one of them: /dev/null has the place of those that are closed. What this program
   writes to an output that was closed still fails. False, once it is said why, where that cannot be done. */
bool standard_streams_open(void);

/* Around the life of processes that inherit them: what those write to an output that was closed goes nowhere, so that they go on. */
void standard_streams_lend(void);
void standard_streams_take_back(void);

/* At the end of the program: the status to end with. Where what was printed is lost that is COMMAND_FAILED instead of 0, and a line
   on standard error says so; where its reader went away the program ends by SIGPIPE, as others do. */
int standard_streams_close(int status);

#endif
