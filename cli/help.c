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
    if (!*text) {
        fputs("\n", stream);
        return;
    }
    fprintf(stream, "%*s", length < COLUMN ? COLUMN - length : 0, "");
    if (length >= COLUMN)
        fprintf(stream, "\n%*s", COLUMN, "");
    print_wrapped(stream, text, COLUMN, COLUMN);
}

/* A word that says what to do comes before the options, files come after them. */
static void print_usage(FILE *stream, const command *c)
{
    const char *before = c->word ? c->arguments : "", *after = c->word ? "" : c->arguments;
    fprintf(stream, "usage: accelerate %s%s%s [options]%s%s\n\n", c->name, *before ? " " : "", before,
            *after ? " " : "", after);
}

/* What only --help=all has, by the beginnings of the titles. */
static void print_more(FILE *stream, const char *name, const option_table *table)
{
    char text[512];
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "accelerate %s --help=all, or man accelerate, has more options:", name);
    for (size_t i = 0; i < table->count && used < sizeof text; i++) {
        const option *o = &table->options[i];
        if (o->more && o->group)
            used += (size_t)snprintf(text + used, sizeof text - used, " %.*s,", (int)strcspn(o->group, ","),
                                     o->group);
    }
    text[strlen(text) - 1] = '.';
    fputs("\n", stream);
    print_wrapped(stream, text, 0, 0);
}

void help_print(const command *c, bool all, FILE *stream)
{
    const option_table table = command_options(c);
    const bool grouped = table.count && table.options[0].group;
    bool more = false;
    print_usage(stream, c);
    print_wrapped(stream, c->description, 0, 0);
    fputs(grouped ? "\n" : "\noptions:\n", stream);
    for (size_t i = 0; i < table.count; i++) {
        const option *o = &table.options[i];
        char flag[96], letter[8] = "";
        if (o->more && !all) {
            more = true;
            continue;
        }
        if (o->group)
            fprintf(stream, "%s%s:\n", i ? "\n" : "", o->group);
        if (o->letter)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(flag, sizeof flag,
                 o->value && o->alone ? "%s--%s [%s]"
                 : o->value           ? "%s--%s %s"
                                      : "%s--%s",
                 letter, o->name, o->value ? o->value : "");
        print_option(stream, flag, o->text);
    }
    fputs(grouped ? "\n" : "", stream);
    print_option(stream, "-h, --help", "Shows this help.");
    if (more)
        print_more(stream, c->name, &table);
}

void help_print_all(FILE *stream)
{
    fputs("usage: accelerate COMMAND …\n\ncommands:\n", stream);
    for (const command *const *c = commands; *c; c++)
        print_option(stream, (*c)->name, (*c)->summary);
    fputs("\n", stream);
    print_option(stream, "-h, --help", "Shows this help; after a command, help on it.");
    print_option(stream, "-V, --version", "Shows the version.");
}
