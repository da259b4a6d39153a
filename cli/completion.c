#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static int run(char **words);

static const char *word(size_t index)
{
    static const char *const shells[] = {"bash", "zsh", NULL};
    return shells[index];
}

const command completion_command = {
    .name = "completion",
    .arguments = "bash|zsh",
    .summary = "Prints what completes this command's words in a shell.",
    .description =
        "Prints a script that has bash or zsh complete the commands and options of accelerate.\n\n"
        "In ~/.bashrc: source <(accelerate completion bash). In ~/.zshrc, after compinit: source <(accelerate "
        "completion zsh).",
    .table = {.command = "accelerate completion"},
    .word = word,
    .run = run,
};

static void print_commands(void)
{
    for (const command *const *c = commands; *c; c++)
        printf("%s ", (*c)->name);
    printf("--help --version");
}

/* The options of each command. */
static void print_options(void)
{
    for (const command *const *c = commands; *c; c++) {
        const option_table table = command_options(*c);
        printf("            %s) words=\"", (*c)->name);
        for (size_t i = 0; i < table.count; i++)
            printf("--%s ", table.options[i].name);
        puts("--help\" ;;");
    }
}

/* What the first argument may be. */
static void print_arguments(void)
{
    for (const command *const *c = commands; *c; c++) {
        if (!(*c)->word)
            continue;
        printf("        [ \"$command$COMP_CWORD\" = %s2 ] && words=\"", (*c)->name);
        for (size_t i = 0; (*c)->word(i); i++)
            printf("%s ", (*c)->word(i));
        puts("$words\"");
    }
}

/* The words that an option may be followed by. */
static void print_values(void)
{
    for (const command *const *c = commands; *c; c++) {
        const option_table table = command_options(*c);
        for (size_t i = 0; i < table.count; i++) {
            if (!table.options[i].words)
                continue;
            printf("        %s--%s) words=\"", (*c)->name, table.options[i].name);
            for (const char *const *word = table.options[i].words; *word; word++)
                printf("%s%s", word == table.options[i].words ? "" : " ", *word);
            puts("\" ;;");
        }
    }
}

/* Where nothing fits there are files. */
static void print_bash(void)
{
    printf("_accelerate() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
           "command=${COMP_WORDS[1]} words=\n"
           "    if [ $COMP_CWORD = 1 ]; then\n"
           "        words=\"");
    print_commands();
    puts("\"\n    else\n        case $command$before in");
    print_values();
    puts("        *) case $word in -*) case $command in");
    print_options();
    puts("            esac ;; esac ;;\n        esac");
    print_arguments();
    puts("    fi\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "}\n"
         "complete -o filenames -F _accelerate accelerate");
}

static int run(char **words)
{
    static const char *const names[] = {"shell given: bash or zsh", NULL};
    const char *shell = NULL;
    int status;
    if (!command_read(&completion_command, words, NULL, names, &shell, &status))
        return status;
    if (strcmp(shell, "bash") != 0 && strcmp(shell, "zsh") != 0) {
        fprintf(stderr, "accelerate completion: the shell must be bash or zsh, got \"%s\"\n", shell);
        return COMMAND_WRONG;
    }
    if (strcmp(shell, "zsh") == 0)
        puts("autoload -U +X bashcompinit && bashcompinit");
    print_bash();
    return 0;
}
