/* What a sub-command of the program consists of. */
#ifndef ACCEL_CLI_COMMAND_H
#define ACCEL_CLI_COMMAND_H

#include <stdio.h>

#include "cli/option.h"

typedef struct command {
    const char *name;
    const char *arguments;   /* what follows its options */
    const char *summary;     /* a line */
    const char *description; /* paragraphs, with an empty line between them */
    option_table table;
    int (*run)(char **words); /* what follows its name, ended by NULL; gives the exit status */
} command;

extern const command launch_command;

/* Every sub-command, ended by NULL. */
extern const command *const commands[];

/* Exit status of a command line that is wrong. */
enum { COMMAND_WRONG = 2 };

/* Help on one of them, and on the whole program. */
void help_print(const command *c, FILE *stream);
void help_print_all(FILE *stream);

/* The manual page of the program, as troff with the man macros. */
void manual_print(FILE *stream);

#endif
