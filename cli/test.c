#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <accel/error.h>

#include "base/memory.h"
#include "cli/command.h"
#include "cli/launch_options.h"
#include "cli/self_test.h"
#include "cli/standard_streams.h"
#include "launch/cleaner.h"
#include "launch/private_folder.h"
#include "launch/supervisor.h"

typedef struct settings {
    const char *file; /* NULL: the default one */
    int processes;    /* 0: the file says it */
} settings;

static const option options[] = {
    {.name = "config_file",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .filled = true,
     .text = "The configuration, as of accelerate launch."},
    {.name = "num_processes",
     .kind = OPTION_WHOLE,
     .offset = offsetof(settings, processes),
     .value = "N",
     .least = 1,
     .most = 1e6,
     .text = "How many processes: by default what the configuration says, or two on the CPU."},
};

static int run(char **words);

const command test_command = {
    .name = "test",
    .arguments = "",
    .summary = "Tries whether programs can be launched here and train together.",
    .description =
        "Launches a program that uses the library as training programs do, in several processes, and says what "
        "works: "
        "meeting, collective calls, shares of the data, training, autocast, saving and going on.",
    .table = {.command = "accelerate test", .options = options, .count = sizeof options / sizeof options[0]},
    .run = run,
};

/* Two on the CPU where nobody says anything else. */
static accel_status choose(choices *c, const settings *s)
{
    if (choices_open(c) != ACCEL_OK)
        return accel_error_status();
    if (s->file)
        choices_set(c, SETTING_CONFIG_FILE, s->file, CHOICE_FLAG, "--config_file");
    char processes[16];
    snprintf(processes, sizeof processes, "%d", s->processes);
    if (s->processes)
        choices_set(c, SETTING_NUM_PROCESSES, processes, CHOICE_FLAG, "--num_processes");
    launch_options_complete(c);
    if (!s->processes && !choices_is_made(c, SETTING_NUM_PROCESSES) && !c->file)
        choices_set(c, SETTING_NUM_PROCESSES, "2", CHOICE_FLAG, "--num_processes");
    if (!c->file)
        choices_set(c, SETTING_CPU, "True", CHOICE_FLAG, "--cpu");
    return accel_error_status();
}

static int launch(choices *c, char *program)
{
    verdict v = {0};
    launch_plan plan;
    char *words[] = {program, NULL};
    standard_streams_lend();
    if (plan_make(&plan, c, words) == ACCEL_OK)
        supervisor_run(&plan, &v);
    standard_streams_take_back();
    plan_dispose(&plan);
    if (v.line[0])
        fprintf(stderr, "accelerate: %s\n", v.line);
    return accel_error_is_set() ? command_fail(&test_command) : v.exit_status;
}

/* With a folder of its own for temporary files, of which nothing is left however this ends. */
static int launch_tidily(choices *c, char *program)
{
    char *folder = private_folder_create();
    const pid_t cleaner = folder ? cleaner_start(folder) : 0;
    if (folder)
        setenv("TMPDIR", folder, 1);
    const int status = launch(c, program);
    private_folder_remove(folder);
    cleaner_end(cleaner);
    return status;
}

static int run(char **words)
{
    static const char *const none[] = {NULL};
    settings s = {0};
    choices c = {0};
    int status;
    if (!command_read(&test_command, words, &s, none, NULL, &status))
        return status;
    char *program = self_test_path();
    if (program && choose(&c, &s) == ACCEL_OK)
        status = launch_tidily(&c, program);
    else
        status = command_fail(&test_command);
    if (status == 0)
        puts("Test is a success! You are ready for your distributed training!");
    choices_dispose(&c);
    memory_free(program);
    return status;
}
