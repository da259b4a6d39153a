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
    option_table (*options)(void); /* that makes it, where it is made of something else; NULL: it is above */
    const char *(*word)(
        size_t index);        /* the words of which the first argument is one, NULL after the last; NULL:
                                          it may be anything */
    int (*run)(char **words); /* what follows its name, ended by NULL; gives the exit status */
} command;

extern const command completion_command, config_command, env_command, estimate_memory_command, help_command,
    inspect_command, launch_command, merge_weights_command, test_command;

/* Every sub-command, ended by NULL. */
extern const command *const commands[];

/* Exit statuses: of what could not be done, and of a command line that is wrong. */
enum { COMMAND_FAILED = 1, COMMAND_WRONG = 2 };

/* Reads the command line of one of them, see option_read_operands. Returns true; false with the exit status, once help was given or
   what is wrong was said. */
bool command_read(const command *c, char **words, void *settings, const char *const *names,
                  const char **operands, int *status);

/* Of options that were not read: prints help if it was asked for. Returns the exit status. */
int command_end(const command *c, option_outcome outcome);

/* Says on standard error what this thread's record says. Returns the exit status. */
int command_fail(const command *c);

/* Its options. */
option_table command_options(const command *c);

/* Help on one of them, `all` with the options that only --help=all has, and on the whole program. */
void help_print(const command *c, bool all, FILE *stream);
void help_print_all(FILE *stream);

/* The manual page of the program, as troff with the man macros. */
void manual_print(FILE *stream);

#endif
