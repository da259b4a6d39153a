#include "base/environment.h"
#include "cli/command.h"

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
            fprintf(stream, o->may_stand_alone || o->alone ? " [\\fI%s\\fR]" : " \\fI%s\\fR", o->value);
        fputs("\n", stream);
        print_text(stream, o->text);
    }
    print_entry(stream, "\\-h, \\-\\-help", "Shows help.");
}

static void print_commands(FILE *stream)
{
    for (const command *const *c = commands; *c; c++) {
        fprintf(stream, ".SH \"ACCELERATE %s\"\n.B accelerate %s\n[\\fIoptions\\fR] \\fI%s\\fR\n.PP\n",
                (*c)->name, (*c)->name, (*c)->arguments);
        print_text(stream, (*c)->description);
        print_options(stream, *c);
        fputs(".PP\nHyphens and underscores in options are alike.\n", stream);
    }
}

static void print_environment(FILE *stream)
{
    fputs(".SH ENVIRONMENT\nA process that is launched finds:\n", stream);
    print_entry(stream, ENVIRONMENT_RANK ", " ENVIRONMENT_LOCAL_RANK,
                "Which process it is, among all and on its machine, from 0.");
    print_entry(stream, ENVIRONMENT_WORLD_SIZE ", " ENVIRONMENT_LOCAL_WORLD_SIZE,
                "How many there are, in all and on its machine.");
    print_entry(stream, ENVIRONMENT_MASTER_ADDR ", " ENVIRONMENT_MASTER_PORT, "Where rank 0 is met.");
    print_entry(stream, ENVIRONMENT_LISTEN_FD, "For rank 0: a descriptor that listens there already.");
    print_entry(stream, ENVIRONMENT_USE_CPU, "\"true\" with --cpu.");
    print_entry(stream, ENVIRONMENT_LAUNCHER, "The process id of the launcher.");
    print_entry(stream, ENVIRONMENT_ERROR_FILE, "Where it may leave why it failed, as JSON.");
    fputs(".PP\nThe launcher itself reads:\n", stream);
    print_entry(stream, "TMPDIR", "Where it makes the folder of those files; /tmp by default.");
}

static void print_exit_status(FILE *stream)
{
    fputs(".SH \"EXIT STATUS\"\nOf launch:\n", stream);
    print_entry(stream, "0", "Every process ended with 0.");
    print_entry(
        stream, "1",
        "The processes could not be started; a port that is taken, for instance. Or with --tee lines of theirs "
        "could not be written.");
    print_entry(stream, "2", "The command line is wrong.");
    print_entry(stream, "126, 127", "The program cannot be executed; there is no such program.");
    print_entry(stream, "128 + N",
                "A process was killed by signal N before any other failed; or the launcher was asked to end by "
                "signal N, "
                "and not every process ended with 0.");
    print_entry(stream, "anything else", "That of the process that failed first.");
    fputs(".PP\nOf the other commands: 0, 1 with a line on standard error for what could not be done, 2 for a "
          "command "
          "line that is wrong.\n",
          stream);
}

static void print_signals(FILE *stream)
{
    fputs(".SH SIGNALS\n", stream);
    print_text(
        stream,
        "SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on to the processes, which are killed if they "
        "take longer than --shutdown_timeout to end, or at once by a second one; SIGHUP and a SIGTERM within a "
        "second of "
        "the first are none. "
        "SIGUSR1 and SIGUSR2 are passed on. When the launcher itself is killed, by SIGKILL for instance, the "
        "system "
        "kills its processes, and its folder in TMPDIR is removed; what the processes started may stay.");
}

void manual_print(FILE *stream)
{
    fprintf(stream, ".TH ACCELERATE 1 \"\" \"accel %s\" \"User Commands\"\n", ACCEL_VERSION);
    fputs(".SH NAME\naccelerate \\- start training programs, look at weights\n", stream);
    fputs(".SH SYNOPSIS\n.B accelerate\n\\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]\n", stream);
    print_commands(stream);
    print_environment(stream);
    print_exit_status(stream);
    print_signals(stream);
}
