#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <accel/error.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/launch_options.h"
#include "cli/questionnaire.h"
#include "launch/configuration.h"
#include "launch/machine.h"
#include "launch/plan.h"

typedef struct settings {
    const char *file;      /* NULL: the default one */
    const char *precision; /* NULL: "no" */
    bool effective;
} settings;

#define SETTING(member) offsetof(settings, member)

static const char *const precisions[] = {"no", "fp16", "bf16", NULL};

static const option options[] = {
    {.name = "config_file",
     .kind = OPTION_TEXT,
     .offset = SETTING(file),
     .value = "FILE",
     .filled = true,
     .text = "The file, by default $HF_HOME/accelerate/default_config.yaml, in ~/.cache/huggingface where "
             "HF_HOME is not set. "
             "JSON where its name ends in .json, otherwise YAML."},
    {.name = "mixed_precision",
     .kind = OPTION_WORD,
     .offset = SETTING(precision),
     .value = "PRECISION",
     .words = precisions,
     .text = "Of config default: no, fp16 or bf16."},
    {.name = "effective",
     .kind = OPTION_SWITCH,
     .offset = SETTING(effective),
     .text = "Of config show: every value that a launch with the flags behind it would have, and where it "
             "comes from."},
};

static int run(char **words);

const command config_command = {
    .name = "config",
    .arguments = "[default|update|show]",
    .summary = "Asks how training is to be launched, once for all, and writes it down.",
    .description = "Asks how programs are to be launched on this machine, and writes the answers into a file, "
                   "from which accelerate "
                   "launch takes what its flags do not say.\n\n"
                   "config default writes that file without asking; what is there stays. config update brings "
                   "a file of an older "
                   "version up to date. config show prints it; with --effective it prints every value that a "
                   "launch with the flags "
                   "behind it would have, and whether that comes from a flag, the file, the environment, or is "
                   "the default.",
    .table = {.command = "accelerate config", .options = options, .count = sizeof options / sizeof options[0]},
    .run = run,
};

static char *path_of(const settings *s)
{
    return s->file ? memory_copy_string(s->file) : configuration_default_path();
}

/* ---- asking ---- */

static accel_status ask(const char *path)
{
    configuration c = {0};
    if (!questionnaire_ask(&c) && !accel_error_is_set())
        accel_error_raise(ACCEL_EINVAL, NULL, "the input ended before the questions did; nothing was written");
    if (configuration_write(&c, path) == ACCEL_OK)
        printf("accelerate configuration saved at %s\n", path);
    configuration_dispose(&c);
    return accel_error_status();
}

/* ---- without asking ---- */

static accel_status write_default(const settings *s, const char *path)
{
    if (file_exists(path)) {
        printf("There is a configuration at %s already, which stays; accelerate config asks for another one.\n",
               path);
        return ACCEL_OK;
    }
    configuration c = {0};
    char count[16];
    int gpus = machine_count_gpus("/dev");
    snprintf(count, sizeof count, "%d", gpus > 1 ? gpus : 1);
    configuration_set(&c, NULL, "distributed_type", CONFIGURATION_TEXT, gpus > 1 ? "MULTI_GPU" : "NO");
    configuration_set(&c, NULL, "num_processes", CONFIGURATION_WHOLE, count);
    configuration_set(&c, NULL, "use_cpu", CONFIGURATION_TRUTH, gpus > 0 ? "False" : "True");
    configuration_set(&c, NULL, "mixed_precision", CONFIGURATION_TEXT, s->precision ? s->precision : "no");
    if (configuration_update(&c) == ACCEL_OK && configuration_write_json(&c, path) == ACCEL_OK)
        printf("accelerate configuration saved at %s\n", path);
    configuration_dispose(&c);
    return accel_error_status();
}

/* ---- what is there ---- */

/* Read, with every key looked at. */
static accel_status read_checked(configuration *c, const char *path)
{
    choices checked;
    if (!file_exists(path))
        return accel_error_raise(ACCEL_ENOTFOUND, NULL,
                                 "%s: there is no configuration; accelerate config writes one", path);
    if (configuration_read(c, path) == ACCEL_OK && choices_open(&checked) == ACCEL_OK) {
        choices_take_file(&checked, c);
        choices_dispose(&checked);
    }
    return accel_error_status();
}

static accel_status update(const char *path)
{
    configuration c = {0};
    if (read_checked(&c, path) == ACCEL_OK && configuration_update(&c) == ACCEL_OK &&
        configuration_write(&c, path) == ACCEL_OK)
        printf("Successfully updated the configuration file at %s.\n", path);
    configuration_dispose(&c);
    return accel_error_status();
}

static accel_status show(const char *path)
{
    configuration c = {0};
    char *text = read_checked(&c, path) == ACCEL_OK ? configuration_yaml(&c) : NULL;
    if (text)
        printf("# %s\n%s", path, text);
    memory_free(text);
    configuration_dispose(&c);
    return accel_error_status();
}

/* Those of other engines only where they were chosen. */
static void show_choice(const choices *c, size_t i)
{
    static const char *const sources[] = {"default", "environment", "file", "flag"};
    const setting *s = setting_at(i);
    const bool made = choices_is_made(c, i);
    const choice_source source = made ? c->of[i].source : CHOICE_DEFAULT;
    const char *text = choices_text(c, i);
    if (!text || (!made && s->group >= GROUP_DYNAMO))
        return;
    printf("%s: %s  # %s%s%s\n", s->name, text, sources[source],
           source == CHOICE_ENVIRONMENT || source == CHOICE_FILE ? " " : "",
           source == CHOICE_ENVIRONMENT ? s->source
           : source == CHOICE_FILE      ? c->file
                                        : "");
}

/* With the flags of a launch. */
static int show_effective(char **words)
{
    choices c;
    launch_texts texts = {0};
    option_table table = launch_options();
    table.command = config_command.table.command;
    option_outcome outcome = option_read(&table, &texts, &words);
    if (outcome == OPTIONS_HELP)
        help_print(&config_command, stdout);
    if (outcome != OPTIONS_READ)
        return outcome == OPTIONS_HELP ? 0 : COMMAND_WRONG;
    const bool opened = choices_open(&c) == ACCEL_OK;
    const bool wrong = opened && launch_options_choose(&c, &texts) != ACCEL_OK;
    if (opened && !wrong && launch_options_take_rest(&c) == ACCEL_OK) {
        if (plan_takes_type(&c))
            printf("distributed_type: %s  # file %s\n", c.type, c.file);
        for (size_t i = SETTING_CONFIG_FILE + 1; i < setting_count(); i++)
            show_choice(&c, i);
    }
    choices_dispose(&c);
    const int status = accel_error_is_set() ? command_fail(&config_command) : 0;
    return wrong ? COMMAND_WRONG : status;
}

/* ---- which of them ---- */

/* Before anybody is asked anything. */
static accel_status check_place(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, NULL, "%s: is not a regular file", path);
}

static accel_status act(const char *what, const settings *s)
{
    char *path = path_of(s);
    const bool good = path && check_place(path) == ACCEL_OK;
    if (good && !what)
        ask(path);
    else if (good && strcmp(what, "default") == 0)
        write_default(s, path);
    else if (good && strcmp(what, "update") == 0)
        update(path);
    else if (good)
        show(path);
    memory_free(path);
    return accel_error_status();
}

static bool is_one_of(const char *word)
{
    return strcmp(word, "default") == 0 || strcmp(word, "update") == 0 || strcmp(word, "show") == 0;
}

/* Takes a word out of the list. */
static bool take_word(char **words, const char *word)
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    bool found = *words != NULL;
    for (; found && *words; words++)
        *words = words[1];
    return found;
}

static int run(char **words)
{
    settings s = {0};
    const char *what = *words && **words != '-' ? *words++ : NULL;
    if (what && !is_one_of(what)) {
        fprintf(stderr, "accelerate config: what to do must be default, update or show, got \"%s\"\n", what);
        return COMMAND_WRONG;
    }
    if (what && strcmp(what, "show") == 0 && take_word(words, "--effective"))
        return show_effective(words);
    option_outcome outcome = option_read(&config_command.table, &s, &words);
    if (outcome == OPTIONS_HELP)
        help_print(&config_command, stdout);
    if (outcome != OPTIONS_READ)
        return outcome == OPTIONS_HELP ? 0 : COMMAND_WRONG;
    const char *idle = *words                                                   ? *words
                       : s.effective                                            ? "--effective"
                       : s.precision && !(what && strcmp(what, "default") == 0) ? "--mixed_precision"
                                                                                : NULL;
    if (idle) {
        fprintf(stderr, "accelerate config: there is no use for \"%s\"; --help shows how\n", idle);
        return COMMAND_WRONG;
    }
    return act(what, &s) == ACCEL_OK ? 0 : command_fail(&config_command);
}
