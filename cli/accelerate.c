#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/spelling.h"
#include "cli/command.h"
#include "cli/standard_streams.h"

const command *const commands[] = {
    &launch_command,        &config_command,          &env_command,        &test_command, &inspect_command,
    &merge_weights_command, &estimate_memory_command, &completion_command, &help_command, NULL};

/* Which command has an option of that name; NULL: none. */
static const command *owner_of(const char *word)
{
    for (const command *const *c = commands; *c && word[0] == '-'; c++) {
        const option_table table = command_options(*c);
        if (option_find(&table, word))
            return *c;
    }
    return NULL;
}

static int complain(const char *word)
{
    spelling guess = spelling_of(word);
    for (const command *const *c = commands; *c; c++)
        spelling_consider(&guess, (*c)->name);
    spelling_consider(&guess, "--help");
    spelling_consider(&guess, "--version");
    const command *owner = owner_of(word);
    const char *kind = word[0] == '-' ? "option" : "command";
    if (owner)
        fprintf(stderr, "accelerate: %s is an option of %s: accelerate %s %s …\n", word, owner->name,
                owner->name, word);
    else if (guess.nearest)
        fprintf(stderr, "accelerate: unknown %s %s; did you mean %s?\n", kind, word, guess.nearest);
    else if (strpbrk(word, "/."))
        fprintf(stderr, "accelerate: unknown command %s; to start a program: accelerate launch %s\n", word,
                word);
    else
        fprintf(stderr, "accelerate: unknown %s %s; --help lists them\n", kind, word);
    return COMMAND_WRONG;
}

/* ---- help ---- */

static const char *name_of(size_t index) { return commands[index] ? commands[index]->name : NULL; }

static const command *find(const char *name)
{
    const command *const *c = commands;
    while (*c && strcmp(name, (*c)->name) != 0)
        c++;
    return *c;
}

static int run_help(char **words)
{
    const option_outcome outcome = option_read(&help_command.table, NULL, &words);
    if (outcome != OPTIONS_READ)
        return command_end(&help_command, outcome);
    const command *about = *words ? find(*words) : NULL;
    if (*words && !about)
        return complain(*words);
    if (*words && words[1]) {
        fprintf(stderr, "accelerate help: there is no use for \"%s\"; --help shows how\n", words[1]);
        return COMMAND_WRONG;
    }
    if (about)
        help_print(about, false, stdout);
    else
        help_print_all(stdout);
    return 0;
}

const command help_command = {
    .name = "help",
    .arguments = "[command]",
    .summary = "Shows help on a command.",
    .description = "Shows help on a command; without one, which commands there are.",
    .table = {.command = "accelerate help"},
    .word = name_of,
    .run = run_help,
};

/* ---- all of it ---- */

static int run(char **words)
{
    const char *word = words[0];
    if (!word || !*word) {
        help_print_all(stderr);
        return COMMAND_WRONG;
    }
    if (find(word))
        return find(word)->run(words + 1);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        help_print_all(stdout);
    else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        printf("accelerate %s\n", ACCEL_VERSION);
    else if (strcmp(word, "--manual_page") == 0) /* for the build */
        manual_print(stdout);
    else
        return complain(word);
    return 0;
}

int main(int argc, char **argv)
{
    if (!standard_streams_open())
        return COMMAND_FAILED;
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is no reason to leave the processes alone */
    signal(SIGXFSZ, SIG_IGN); /* nor is a file that may not grow */
    return standard_streams_close(run(argv + (argc > 0)));
}
