#include <string.h>

#include "cli/command.h"

enum { WIDTH = 80, COLUMN = 28 };

/* Words up to the right margin, lines after the first begin at `column`; a line break begins a new line. */
static void print_wrapped(FILE *stream, const char *text, size_t column, size_t at)
{
    while (*text) {
        size_t length = strcspn(text, " \n");
        if (at > column && at + 1 + length > WIDTH) {
            fprintf(stream, "\n%*s", (int)column, "");
            at = column;
        }
        fprintf(stream, "%s%.*s", at > column ? " " : "", (int)length, text);
        at += length + (at > column);
        text += length;
        for (; *text == '\n'; text++, at = column)
            fprintf(stream, "\n%*s", text[1] == '\n' ? 0 : (int)column, "");
        text += *text == ' ';
    }
    fputs("\n", stream);
}

static void print_option(FILE *stream, const char *flag, const char *text)
{
    int length = fprintf(stream, "  %s", flag);
    fprintf(stream, "%*s", length < COLUMN ? COLUMN - length : 0, "");
    if (length >= COLUMN)
        fprintf(stream, "\n%*s", COLUMN, "");
    print_wrapped(stream, text, COLUMN, COLUMN);
}

void help_print(const command *c, FILE *stream)
{
    const option_table table = command_options(c);
    fprintf(stream, "usage: accelerate %s [options] %s\n\n", c->name, c->arguments);
    print_wrapped(stream, c->description, 0, 0);
    fputs(table.count && table.options[0].group ? "\n" : "\noptions:\n", stream);
    for (size_t i = 0; i < table.count; i++) {
        const option *o = &table.options[i];
        char flag[96], letter[8] = "";
        if (o->group)
            fprintf(stream, "%s%s:\n", i ? "\n" : "", o->group);
        if (o->letter)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(flag, sizeof flag,
                 o->value && (o->may_stand_alone || o->alone) ? "%s--%s [%s]"
                 : o->value                                   ? "%s--%s %s"
                                                              : "%s--%s",
                 letter, o->name, o->value ? o->value : "");
        print_option(stream, flag, o->text);
    }
    print_option(stream, "-h, --help", "Shows this help.");
}

void help_print_all(FILE *stream)
{
    fputs("usage: accelerate COMMAND …\n\ncommands:\n", stream);
    for (const command *const *c = commands; *c; c++)
        print_option(stream, (*c)->name, (*c)->summary);
    fputs("\n", stream);
    print_option(stream, "-h, --help", "Shows this help; behind a command, help on it.");
    print_option(stream, "--version", "Shows the version.");
}
