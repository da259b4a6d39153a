#include <stdio.h>
#include <string.h>

#include <accel/error.h>

#include "cli/command.h"
#include "cli/launch_options.h"
#include "cli/standard_streams.h"
#include "launch/supervisor.h"
#include "launch/variables.h"

static int run(char **words);

const command launch_command = {
    .name = "launch",
    .arguments = "program|script.py|-m module [arguments]",
    .summary = "Starts a program in several processes that train together.",
    .description =
        "Starts a program in several processes that train together, on this machine or on each of several. "
        "Each finds "
        "its rank, and the address at which they meet, in its environment. What ends in .py is run by "
        "Python.\n\n"
        "Flags override the configuration file, which overrides the environment.\n\n"
        "The first process that fails ends the others. They have two seconds, or --shutdown_timeout if that is "
        "less, to notice and to say why they end; whoever is left is asked to end by SIGTERM, and killed after "
        "--shutdown_timeout. Processes that they started are killed, too. One line on standard error names the "
        "process that failed first.",
    .options = launch_options,
    .run = run,
};

/* As shells number it. */
static int status_of_refusal(void)
{
    accel_status status = accel_error_status();
    return status == ACCEL_ENOTFOUND ? 127 : status == ACCEL_EUNSUPPORTED ? 126 : 1;
}

static int start(const launch_plan *plan)
{
    verdict v = {0};
    standard_streams_lend();
    accel_status status = supervisor_run(plan, &v);
    standard_streams_take_back();
    const char *line = status == ACCEL_OK ? v.line : accel_error_last()->message;
    if (line[0] && !plan->quiet && v.last_lines[0])
        fprintf(stderr, "accelerate: it wrote last:\n%s%s", v.last_lines,
                v.last_lines[strlen(v.last_lines) - 1] == '\n' ? "" : "\n");
    if (line[0])
        fprintf(stderr, "accelerate: %s\n", line);
    return status == ACCEL_OK ? v.exit_status : status_of_refusal();
}

/* As a shell reads it. */
static void show_quoted(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
    if (*word && word[strspn(word, plain)] == '\0') {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (; *word; word++)
        *word == '\'' ? fputs("'\\''", stdout) : putchar(*word);
    putchar('\'');
}

static void show_word(const char *word)
{
    putchar(' ');
    show_quoted(word);
}

static bool show_variable(void *user, const char *name, const char *value)
{
    (void)user;
    if (!value)
        return true;
    printf(" %s=", name);
    show_quoted(value);
    return true;
}

static void show(const launch_plan *plan)
{
    for (char **item = plan->environment; item && *item; item++)
        printf("%s\n", *item);
    for (int i = 0; i < plan->num_processes; i++) {
        const launch_variables values = {
            .rank = plan->first_rank + i, .local_rank = i, .port = plan->port, .listen_fd = -1};
        fputs("env", stdout);
        variables_of_place(plan, &values, show_variable, NULL);
        for (char *const *word = plan->command; *word; word++)
            show_word(*word);
        puts("");
    }
}

/* Of what the words ask for; some of it is right, and cannot be had. */
static int status_of_words(void)
{
    switch (accel_error_status()) {
    case ACCEL_ENOTFOUND:
        return status_of_refusal();
    case ACCEL_ENOMEM:
    case ACCEL_EIO:
        return COMMAND_FAILED;
    default:
        return COMMAND_WRONG;
    }
}

static int refuse(int status)
{
    command_fail(&launch_command);
    accel_error_clear();
    return status;
}

static int choose_and_start(choices *c, const launch_texts *texts, char **words)
{
    if (choices_open(c) != ACCEL_OK || launch_options_choose(c, texts) != ACCEL_OK)
        return refuse(status_of_words());
    if (!*words || !**words) { /* perhaps an option took it */
        fputs("accelerate launch: no program to start; --help shows how\n", stderr);
        return COMMAND_WRONG;
    }
    if (launch_options_complete(c) != ACCEL_OK)
        return refuse(COMMAND_FAILED);
    launch_plan plan;
    int status = 0;
    if (plan_make(&plan, c, words) != ACCEL_OK)
        status = refuse(status_of_words());
    else if (choices_is_on(c, SETTING_DRY_RUN))
        show(&plan);
    else
        status = start(&plan);
    plan_dispose(&plan);
    return status;
}

static int run(char **words)
{
    launch_texts texts = {0};
    option_table table = launch_options();
    option_outcome outcome = option_read(&table, &texts, &words);
    if (outcome != OPTIONS_READ)
        return command_end(&launch_command, outcome);
    choices c;
    int status = choose_and_start(&c, &texts, words);
    choices_dispose(&c);
    return status;
}
