#include "cli/option.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/spelling.h"
#include "launch/scalar.h"

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

static bool is_help(const char *word)
{
    return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 || strncmp(word, "--help=", 7) == 0;
}

static const option *find_letter(const option_table *table, const char *word)
{
    for (size_t i = 0; i < table->count && word[0] == '-' && word[1]; i++)
        if (table->options[i].letter == word[1])
            return !word[2] || table->options[i].kind != OPTION_SWITCH ? &table->options[i] : NULL;
    return NULL;
}

/* Of "--name=value" and "-nvalue". */
static const char *value_in(const char *word)
{
    if (word[1] != '-')
        return word[2] ? word + 2 : NULL;
    const char *equals = strchr(word, '=');
    return equals ? equals + 1 : NULL;
}

const option *option_find(const option_table *table, const char *word)
{
    if (strncmp(word, "--", 2) != 0)
        return find_letter(table, word);
    size_t length = strcspn(word + 2, "=");
    for (size_t i = 0; i < table->count; i++)
        if (spelling_is(table->options[i].name, word + 2, length))
            return &table->options[i];
    return NULL;
}

static const char *find_word(const option *o, const char *text)
{
    for (const char *const *word = o->words; *word; word++)
        if (strcmp(*word, text) == 0)
            return *word;
    return NULL;
}

static option_outcome refuse_word(const option_table *table, const option *o, const char *text)
{
    buffer list = {0};
    buffer_append_choice(&list, o->words);
    const char *wanted = list.data ? list.data : "";
    if (text)
        fprintf(stderr, "%s: --%s must be %s, got \"%s\"\n", table->command, o->name, wanted, text);
    else
        fprintf(stderr, "%s: --%s needs a value: %s\n", table->command, o->name, wanted);
    buffer_dispose(&list);
    return OPTIONS_WRONG;
}

static option_outcome read_word(const option_table *table, const option *o, void *settings, const char *text)
{
    const char *word = text ? find_word(o, text) : NULL;
    if (!word)
        return refuse_word(table, o, text);
    *(const char **)(void *)((char *)settings + o->offset) = word;
    return OPTIONS_READ;
}

/* Several words, up to the next option. */
static option_outcome read_several(const option_table *table, const option *o, void *settings, const char *text,
                                   char ***words)
{
    const char **place = (const char **)(void *)((char *)settings + o->offset);
    size_t count = 0;
    const bool is_alone = text != NULL; /* after an "=" */
    do {
        if (!is_alone)
            text = **words && (**words)[0] != '-' ? *(*words)++ : NULL;
        const char *word = text ? find_word(o, text) : NULL;
        if (!word)
            return refuse_word(table, o, text);
        if (count == OPTION_WORDS_MAX) {
            fprintf(stderr, "%s: --%s takes up to %d words\n", table->command, o->name, OPTION_WORDS_MAX);
            return OPTIONS_WRONG;
        }
        place[count++] = word;
    } while (!is_alone && **words && (**words)[0] != '-');
    place[count] = NULL;
    return OPTIONS_READ;
}

/* With or without a value, as it is. */
static option_outcome read_text(const option_table *table, const option *o, void *settings, const char *text,
                                char ***words)
{
    const char **place = (const char **)(void *)((char *)settings + o->offset);
    if (text && !o->value) {
        fprintf(stderr, "%s: --%s takes no value, got \"%s\"\n", table->command, o->name, text);
        return OPTIONS_WRONG;
    }
    if (!text && o->alone && !(o->value && **words && isdigit((unsigned char)(**words)[0])))
        text = o->alone;
    if (!text && !**words) {
        fprintf(stderr, "%s: --%s needs a value: %s%s%s\n", table->command, o->name, o->words ? "" : o->value,
                o->wanted && !o->words ? ", " : "", o->wanted ? o->wanted : "");
        return OPTIONS_WRONG;
    }
    *place = text ? text : *(*words)++;
    if (**place || !o->filled)
        return OPTIONS_READ;
    fprintf(stderr, "%s: --%s is empty\n", table->command, o->name);
    return OPTIONS_WRONG;
}

static option_outcome read_whole(const option_table *table, const option *o, void *settings, const char *text)
{
    double value;
    if (!text)
        fprintf(stderr, "%s: --%s needs a whole number from %g to %g\n", table->command, o->name, o->least,
                o->most);
    else if (!scalar_read_whole(text, o->least, o->most, &value))
        fprintf(stderr, "%s: --%s must be a whole number from %.10g to %.10g, got \"%s\"\n", table->command,
                o->name, o->least, o->most, text);
    else
        return *(int *)(void *)((char *)settings + o->offset) = (int)value, OPTIONS_READ;
    return OPTIONS_WRONG;
}

static option_outcome read_switch(const option_table *table, const option *o, void *settings, const char *text)
{
    if (text) {
        fprintf(stderr, "%s: --%s takes no value, got \"%s\"\n", table->command, o->name, text);
        return OPTIONS_WRONG;
    }
    *(bool *)(void *)((char *)settings + o->offset) = true;
    return OPTIONS_READ;
}

/* Reads the option at **words and moves past it. */
static option_outcome read_one(const option_table *table, void *settings, char ***words)
{
    const char *word = *(*words)++;
    const option *o = option_find(table, word);
    if (!o)
        return refuse_unknown(table, word);
    const char *text = value_in(word);
    if (o->kind == OPTION_SWITCH)
        return read_switch(table, o, settings, text);
    if (o->kind == OPTION_TEXT)
        return read_text(table, o, settings, text, words);
    if (o->kind == OPTION_WORDS)
        return read_several(table, o, settings, text, words);
    if (!text && **words)
        text = *(*words)++;
    return o->kind == OPTION_WORD ? read_word(table, o, settings, text) : read_whole(table, o, settings, text);
}

option_outcome option_read(const option_table *table, void *settings, char ***words)
{
    option_outcome outcome = OPTIONS_READ;
    while (**words && (**words)[0] == '-' && (**words)[1] != '\0' && outcome == OPTIONS_READ) {
        if (is_help(**words))
            return strcmp(**words, "--help=all") == 0 ? OPTIONS_HELP_ALL : OPTIONS_HELP;
        if (strcmp(**words, "--") == 0) {
            (*words)++;
            break;
        }
        outcome = read_one(table, settings, words);
    }
    return outcome;
}

static option_outcome refuse_operand(const option_table *table, const char *what, const char *word)
{
    if (word)
        fprintf(stderr, "%s: %s \"%s\"; --help shows how\n", table->command, what, word);
    else
        fprintf(stderr, "%s: no %s; --help shows how\n", table->command, what);
    return OPTIONS_WRONG;
}

option_outcome option_read_operands(const option_table *table, void *settings, char **words,
                                    const char *const *names, const char **operands)
{
    bool options_ended = false;
    while (*words) {
        char **before = words;
        option_outcome outcome = options_ended ? OPTIONS_READ : option_read(table, settings, &words);
        if (outcome != OPTIONS_READ)
            return outcome;
        if (!*words)
            break;
        options_ended = options_ended || (words > before && strcmp(words[-1], "--") == 0);
        if (!*names)
            return refuse_operand(table, "there is no use for", *words);
        if (!**words)
            break;
        *operands++ = *words++;
        names++;
    }
    return *names ? refuse_operand(table, *names, NULL) : OPTIONS_READ;
}
