#include "cli/command.h"

#include <accel/error.h>

option_table command_options(const command *c) { return c->options ? c->options() : c->table; }

bool command_read(const command *c, char **words, void *settings, const char *const *names,
                  const char **operands, int *status)
{
    option_outcome outcome = option_read_operands(&c->table, settings, words, names, operands);
    if (outcome == OPTIONS_HELP)
        help_print(c, stdout);
    *status = outcome == OPTIONS_WRONG ? COMMAND_WRONG : 0;
    return outcome == OPTIONS_READ;
}

int command_fail(const command *c)
{
    fprintf(stderr, "%s: %s\n", c->table.command, accel_error_last()->message);
    return COMMAND_FAILED;
}
