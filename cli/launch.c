#include <stdio.h>

#include <accel/error.h>

#include "cli/command.h"
#include "launch/supervisor.h"

#define SETTING(member) offsetof(launch_plan, member)

static const char *const precisions[] = {"no", "fp16", "bf16", NULL};

static const option options[] = {
    {.name = "num_processes",
     .kind = OPTION_WHOLE,
     .offset = SETTING(num_processes),
     .value = "N",
     .least = 1,
     .most = PLAN_PROCESSES_MAX,
     .text = "How many processes to start, 1 by default."},
    {.name = "main_process_port",
     .kind = OPTION_WHOLE,
     .offset = SETTING(port),
     .value = "PORT",
     .least = 0,
     .most = 65535,
     .text = "The port on which the processes meet; by default, or for 0, any that is free."},
    {.name = "cpu",
     .kind = OPTION_SWITCH,
     .offset = SETTING(cpu),
     .text = "Stays on the CPU whatever devices there are."},
    {.name = "mixed_precision",
     .kind = OPTION_WORD,
     .offset = SETTING(mixed_precision),
     .value = "PRECISION",
     .words = precisions,
     .text = "What forwards compute in: no, fp16 or bf16. A program that chooses for itself goes before it."},
    {.name = "gradient_accumulation_steps",
     .kind = OPTION_WHOLE,
     .offset = SETTING(gradient_accumulation_steps),
     .value = "N",
     .least = 1,
     .most = 1e6,
     .text = "Micro-batches for each step, in programs that accumulate; it goes before what the program says."},
    {.name = "tee",
     .kind = OPTION_WHOLE,
     .offset = SETTING(tee),
     .value = "WHICH",
     .least = 0,
     .most = PLAN_TEE_OUTPUT + PLAN_TEE_ERROR,
     .may_stand_alone = true,
     .text =
         "Writes \"[rank] \" before every line of the processes' standard output (1), standard error (2) "
         "or both (3, "
         "the default); 0 leaves it. Lines stay whole, and appear when they end. Lines that cannot be written "
         "make the launch a failure once the processes have ended."},
    {.name = "shutdown_timeout",
     .kind = OPTION_NUMBER,
     .offset = SETTING(shutdown_timeout),
     .value = "SECONDS",
     .least = 0,
     .most = 1e6,
     .text = "How long processes that were asked to end may take before they are killed, 30 by default."},
};

static int run(char **words);

const command launch_command = {
    .name = "launch",
    .arguments = "program [arguments]",
    .summary = "Starts a program in several processes that train together.",
    .description =
        "Starts a program in several processes of this machine that train together. Each finds its rank, and "
        "the address "
        "at which they meet, in its environment.\n\n"
        "The first process that fails ends the others. They have two seconds, or --shutdown_timeout if that is "
        "less, to notice and to say why they end; whoever is left is asked to end by SIGTERM, and killed after "
        "--shutdown_timeout. Processes that they started are killed, too. One line on standard error names the "
        "process that failed first.",
    .table = {.command = "accelerate launch", .options = options, .count = sizeof options / sizeof options[0]},
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
    verdict v;
    accel_status status = supervisor_run(plan, &v);
    const char *line = status == ACCEL_OK ? v.line : accel_error_last()->message;
    if (line[0])
        fprintf(stderr, "accelerate: %s\n", line);
    return status == ACCEL_OK ? v.exit_status : status_of_refusal();
}

static int run(char **words)
{
    launch_plan plan = {
        .num_processes = 1, .shutdown_timeout = PLAN_SHUTDOWN_TIMEOUT, .peers_timeout = PLAN_PEERS_TIMEOUT};
    option_outcome outcome = option_read(&launch_command.table, &plan, &words);
    if (outcome == OPTIONS_WRONG)
        return COMMAND_WRONG;
    if (outcome == OPTIONS_HELP) {
        help_print(&launch_command, stdout);
        return 0;
    }
    if (!*words || !**words) {
        fputs("accelerate launch: no program to start; --help shows how\n", stderr);
        return COMMAND_WRONG;
    }
    plan.command = words;
    return start(&plan);
}
