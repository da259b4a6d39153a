#include "cli/option.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/spelling.h"

/* An option on the command line: --name, --name=value. */
typedef struct flag {
    const char *word;
    const option *option;
    const char *value; /* behind "=", NULL for none */
} flag;

static bool is_named(const option *o, const char *name, size_t length)
{
    if (strlen(o->name) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((name[i] == '-' ? '_' : name[i]) != o->name[i])
            return false;
    return true;
}

static option_outcome refuse_unknown(const option_table *table, const char *word)
{
    size_t length = strcspn(word, "=");
    spelling guess = spelling_of(word + strspn(word, "-"));
    for (size_t i = 0; i < table->count; i++)
        spelling_consider(&guess, table->options[i].name);
    spelling_consider(&guess, "help");
    if (guess.nearest)
        fprintf(stderr, "%s: unknown option %.*s; did you mean --%s?\n", table->command, (int)length, word,
                guess.nearest);
    else
        fprintf(stderr, "%s: unknown option %.*s; --help lists them\n", table->command, (int)length, word);
    return OPTIONS_WRONG;
}

static bool find(const option_table *table, flag *f)
{
    if (strncmp(f->word, "--", 2) != 0)
        return false;
    const char *name = f->word + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    f->value = equals ? equals + 1 : NULL;
    for (size_t i = 0; i < table->count && !f->option; i++)
        if (is_named(&table->options[i], name, length))
            f->option = &table->options[i];
    return f->option;
}

static bool parse(const option *o, const char *text, double *value)
{
    char *end;
    errno = 0;
    *value = o->kind == OPTION_WHOLE ? (double)strtol(text, &end, 10) : strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && *value >= o->least && *value <= o->most;
}

static void store(const option *o, void *settings, double value)
{
    char *place = (char *)settings + o->offset;
    if (o->kind == OPTION_SWITCH)
        *(bool *)place = value != 0;
    else if (o->kind == OPTION_WHOLE)
        *(int *)place = (int)value;
    else
        *(double *)place = value;
}

static option_outcome refuse_value(const option_table *table, const flag *f)
{
    const option *o = f->option;
    const char *kind = o->kind == OPTION_WHOLE ? "whole number" : "number";
    if (o->kind == OPTION_SWITCH)
        fprintf(stderr, "%s: --%s takes no value, got \"%s\"\n", table->command, o->name, f->value);
    else if (!f->value)
        fprintf(stderr, "%s: --%s needs a %s from %g to %g\n", table->command, o->name, kind, o->least,
                o->most);
    else
        fprintf(stderr, "%s: --%s must be a %s from %.10g to %.10g, got \"%s\"\n", table->command, o->name,
                kind, o->least, o->most, f->value);
    return OPTIONS_WRONG;
}

/* Reads the option at **words and moves behind it. */
static option_outcome read_one(const option_table *table, void *settings, char ***words)
{
    flag f = {.word = *(*words)++};
    if (!find(table, &f))
        return refuse_unknown(table, f.word);
    const option *o = f.option;
    double value = 1;
    if (o->kind == OPTION_SWITCH && f.value)
        return refuse_value(table, &f);
    if (o->may_stand_alone && !f.value) {
        if (**words && parse(o, **words, &value))
            (*words)++;
        else
            value = o->most;
    } else if (o->kind != OPTION_SWITCH) {
        if (!f.value && **words)
            f.value = *(*words)++;
        if (!f.value || !parse(o, f.value, &value))
            return refuse_value(table, &f);
    }
    store(o, settings, value);
    return OPTIONS_READ;
}

option_outcome option_read(const option_table *table, void *settings, char ***words)
{
    option_outcome outcome = OPTIONS_READ;
    while (**words && (**words)[0] == '-' && (**words)[1] != '\0' && outcome == OPTIONS_READ) {
        if (strcmp(**words, "-h") == 0 || strcmp(**words, "--help") == 0)
            return OPTIONS_HELP;
        if (strcmp(**words, "--") == 0) {
            (*words)++;
            break;
        }
        outcome = read_one(table, settings, words);
    }
    return outcome;
}
