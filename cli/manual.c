#include <accel/preemption.h>

#include "base/environment.h"
#include "cli/command.h"
#include "launch/setting.h"

/* Text on its own lines: troff takes a line that begins with a dot or a quote for a request. */
static void print_text(FILE *stream, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (c[0] == '\n' && c[1] == '\n') {
            fputs("\n.PP\n", stream);
            c++;
            continue;
        }
        if ((c == text || c[-1] == '\n') && (*c == '.' || *c == '\''))
            fputs("\\&", stream);
        if (*c == '\\')
            fputs("\\e", stream);
        else if (*c == '-')
            fputs("\\-", stream);
        else
            fputc(*c, stream);
    }
    fputs("\n", stream);
}

static void print_entry(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, ".TP\n.B %s\n", name);
    print_text(stream, text);
}

static void print_options(FILE *stream, const command *c)
{
    const option_table table = command_options(c);
    for (size_t i = 0; i < table.count; i++) {
        const option *o = &table.options[i];
        if (o->group)
            fprintf(stream, ".SS \"%s\"\n", o->group);
        fputs(".TP\n", stream);
        if (o->letter)
            fprintf(stream, "\\fB\\-%c\\fR, ", o->letter);
        fprintf(stream, "\\fB\\-\\-%s\\fR", o->name);
        if (o->value)
            fprintf(stream, o->alone ? " [\\fI%s\\fR]" : " \\fI%s\\fR", o->value);
        fputs("\n", stream);
        print_text(stream, o->text);
    }
    print_entry(stream, "\\-h, \\-\\-help", "Shows help.");
}

static void print_commands(FILE *stream)
{
    for (const command *const *c = commands; *c; c++) {
        fprintf(stream, ".SH \"ACCELERATE %s\"\n.B accelerate %s\n", (*c)->name, (*c)->name);
        fprintf(stream,
                (*c)->word ? "\\fI%s\\fR [\\fIoptions\\fR]\n.PP\n" : "[\\fIoptions\\fR] \\fI%s\\fR\n.PP\n",
                (*c)->arguments);
        print_text(stream, (*c)->description);
        print_options(stream, *c);
        fputs(".PP\nHyphens and underscores in options are alike.\n", stream);
    }
}

static void print_found(FILE *stream)
{
    fputs(".SH ENVIRONMENT\nOne of several processes that are launched finds:\n", stream);
    print_entry(stream, ENVIRONMENT_RANK ", " ENVIRONMENT_LOCAL_RANK,
                "Which process it is, among all and on its machine, from 0.");
    print_entry(stream, ENVIRONMENT_WORLD_SIZE ", " ENVIRONMENT_LOCAL_WORLD_SIZE,
                "How many there are, in all and on its machine.");
    print_entry(stream, ENVIRONMENT_MASTER_ADDR ", " ENVIRONMENT_MASTER_PORT, "Where rank 0 is met.");
    print_entry(stream, ENVIRONMENT_LISTEN_FD, "For rank 0: a descriptor that listens there already.");
    print_entry(stream, ENVIRONMENT_RESTARTS, "How often all processes were started anew, see --max_restarts.");
    print_entry(stream,
                "GROUP_RANK, GROUP_WORLD_SIZE, ROLE_RANK, ROLE_WORLD_SIZE, ROLE_NAME, "
                "TORCHELASTIC_MAX_RESTARTS, TORCHELASTIC_RUN_ID, TORCH_NCCL_ASYNC_ERROR_HANDLING",
                "What PyTorch's launcher sets, with the same meaning.");
    fputs(".PP\nEvery process finds:\n", stream);
    print_entry(stream, ENVIRONMENT_LAUNCHER, "The process id of the launcher.");
    print_entry(stream, ENVIRONMENT_ERROR_FILE, "Where it may leave why it failed, as JSON.");
    print_entry(stream, ENVIRONMENT_USE_CPU,
                "\"True\" with --cpu; a Python script with one device finds \"False\" without.");
    print_entry(stream,
                ENVIRONMENT_MIXED_PRECISION ", " ENVIRONMENT_GRADIENT_ACCUMULATION_STEPS
                                            ", " ENVIRONMENT_BACKEND ", " ENVIRONMENT_MEETING_TIMEOUT
                                            ", " ENVIRONMENT_THREADS ", " ENVIRONMENT_GPUS,
                "What was said with --mixed_precision, --gradient_accumulation_steps, --backend, --rdzv_conf, "
                "--num_cpu_threads_per_process and --gpu_ids; of other makers' devices the last is their own "
                "variable.");
    fputs(".PP\nPython scripts find what Hugging Face's launcher sets, too; --dry_run shows it.\n", stream);
}

/* Those that stand for a flag, and those that say where something is. */
static void print_read(FILE *stream)
{
    char text[128];
    fputs(".PP\nThe launcher itself reads, where neither a flag nor the configuration file says it:\n", stream);
    for (size_t i = 0; i < SETTING_OWN; i++) {
        snprintf(text, sizeof text, "As --%s.", own_settings[i].name);
        if (own_settings[i].source)
            print_entry(stream, own_settings[i].source, text);
    }
    fputs(".PP\nand\n", stream);
    print_entry(stream, ENVIRONMENT_GPUS, "Which GPUs count.");
    print_entry(stream, "HF_HOME, XDG_CACHE_HOME, HOME",
                "Where the configuration is: $HF_HOME/accelerate, $XDG_CACHE_HOME/huggingface/accelerate or "
                "~/.cache/huggingface/accelerate.");
    print_entry(stream, "VIRTUAL_ENV", "Whose bin/python runs scripts.");
    print_entry(stream, "TMPDIR", "Where it makes a folder for reports of failures; /tmp by default.");
}

static void print_exit_status(FILE *stream)
{
    char resume[16];
    fputs(".SH \"EXIT STATUS\"\nOf launch:\n", stream);
    print_entry(stream, "0", "Every process ended with 0.");
    print_entry(stream, "1",
                "The processes could not be started: a port that is taken, for instance, or a configuration "
                "file that is wrong. Or with --tee lines of theirs could not be written.");
    print_entry(stream, "2", "The command line is wrong.");
    snprintf(resume, sizeof resume, "%d", ACCEL_EXIT_RESUME);
    print_entry(stream, resume,
                "Every process ended with this: they saved their states, and are to be started again.");
    print_entry(stream, "126, 127", "The program cannot be executed; there is no such program.");
    print_entry(stream, "128 + N",
                "A process was killed by signal N before any other failed; or the launcher was asked to end by "
                "signal N, and not every process ended with 0.");
    print_entry(stream, "anything else", "That of the process that failed first.");
    fputs(".PP\nOf the other commands: 0, 1 with a line on standard error for what could not be done, 2 for a "
          "command line that is wrong.\n",
          stream);
}

static void print_signals(FILE *stream)
{
    fputs(".SH SIGNALS\n", stream);
    print_text(
        stream,
        "SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on to the processes, which are killed if they take "
        "longer than --shutdown_timeout to end, or at once by a second one; SIGHUP and a SIGTERM within a "
        "second of the first do not count as a second signal. SIGUSR1 and SIGUSR2 are passed on. When the "
        "launcher itself is killed, by SIGKILL for instance, the system kills its processes, and their "
        "descendants are killed, unless their environment is another one; its folder in TMPDIR is removed.");
}

void manual_print(FILE *stream)
{
    fprintf(stream, ".TH ACCELERATE 1 \"\" \"accel %s\" \"User Commands\"\n", ACCEL_VERSION);
    fputs(".SH NAME\naccelerate \\- start training programs, look at weights\n", stream);
    fputs(".SH SYNOPSIS\n.B accelerate\n\\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]\n", stream);
    print_commands(stream);
    print_found(stream);
    print_read(stream);
    print_exit_status(stream);
    print_signals(stream);
}
