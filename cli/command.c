#include "cli/command.h"

#include <accel/error.h>

option_table command_options(const command *c) { return c->options ? c->options() : c->table; }

int command_end(const command *c, option_outcome outcome)
{
    if (outcome == OPTIONS_WRONG)
        return COMMAND_WRONG;
    help_print(c, outcome == OPTIONS_HELP_ALL, stdout);
    return 0;
}

bool command_read(const command *c, char **words, void *settings, const char *const *names,
                  const char **operands, int *status)
{
    option_outcome outcome = option_read_operands(&c->table, settings, words, names, operands);
    *status = outcome == OPTIONS_READ ? 0 : command_end(c, outcome);
    return outcome == OPTIONS_READ;
}

int command_fail(const command *c)
{
    fprintf(stderr, "%s: %s\n", command_options(c).command, accel_error_last()->message);
    return COMMAND_FAILED;
}
