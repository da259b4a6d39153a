#include <errno.h>
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
     .text = "Of config show: every value that a launch with the flags after it would have, and where it comes "
             "from."},
};

static int run(char **words);
static const char *word(size_t index);

const command config_command = {
    .name = "config",
    .arguments = "[default|update|show]",
    .summary = "Asks once and for all how training is to be launched, and writes it down.",
    .description = "Asks how programs are to be launched on this machine, and writes the answers into a file, "
                   "from which accelerate "
                   "launch takes what its flags do not say.\n\n"
                   "config default writes that file without asking; an existing file is left alone. config "
                   "update brings a file of an older version up to date. config show prints it; with "
                   "--effective and the flags of a launch it prints every value that this launch would have, "
                   "and whether that comes from a flag, the file, the environment, or is the default.",
    .table = {.command = "accelerate config", .options = options, .count = sizeof options / sizeof options[0]},
    .word = word,
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
    configuration_set(&c, NULL, "distributed_type", CONFIGURATION_TEXT,
                      distributed_types[gpus > 1 ? DISTRIBUTED_MULTI_GPU : DISTRIBUTED_NO].name);
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

static accel_status update(const settings *s, const char *path)
{
    (void)s;
    configuration c = {0};
    if (read_checked(&c, path) == ACCEL_OK && configuration_update(&c) == ACCEL_OK &&
        configuration_write(&c, path) == ACCEL_OK)
        printf("Successfully updated the configuration file at %s.\n", path);
    configuration_dispose(&c);
    return accel_error_status();
}

static accel_status show(const settings *s, const char *path)
{
    (void)s;
    configuration c = {0};
    char *text = read_checked(&c, path) == ACCEL_OK ? configuration_yaml(&c) : NULL;
    if (text)
        printf("# %s\n%s", path, text);
    memory_free(text);
    configuration_dispose(&c);
    return accel_error_status();
}

/* What the plan makes of what nobody chose: `text` of `size` bytes, or NULL. */
static const char *computed(const launch_plan *plan, size_t i, char *text, size_t size)
{
    switch (i) {
    case SETTING_NUM_PROCESSES:
        snprintf(text, size, "%d", plan->world_size);
        return text;
    case SETTING_MAIN_PROCESS_PORT:
        snprintf(text, size, "%d", plan->port);
        return text;
    case SETTING_CPU:
        return plan->cpu ? "True" : "False";
    case SETTING_NUM_CPU_THREADS_PER_PROCESS:
        snprintf(text, size, "%d", plan->threads);
        return plan->threads ? text : NULL;
    default:
        return NULL;
    }
}

/* Those of other engines only where they were chosen. `plan`: NULL where there can be none. */
static void show_choice(const choices *c, const launch_plan *plan, size_t i)
{
    static const char *const sources[] = {"default", "environment", "file", "flag"};
    const setting *s = setting_at(i);
    const bool made = choices_is_made(c, i);
    const choice_source source = made ? c->of[i].source : CHOICE_DEFAULT;
    char number[16];
    const char *text = choices_text(c, i);
    if (!text && plan)
        text = computed(plan, i, number, sizeof number);
    if (!text || (!made && s->group > GROUP_OUTPUT))
        return;
    printf("%s: %s  # %s%s%s\n", s->name, text, sources[source],
           source == CHOICE_ENVIRONMENT || source == CHOICE_FILE ? " " : "",
           source == CHOICE_ENVIRONMENT ? s->source
           : source == CHOICE_FILE      ? c->file
                                        : "");
}

static void show_type(const choices *c, const launch_plan *plan)
{
    if (plan_uses_file_type(c))
        printf("distributed_type: %s  # file %s\n", c->type->name, c->file);
    else if (plan)
        printf("distributed_type: %s  # %s\n", plan->type, plan_type_is_typed(c) ? "flag" : "default");
}

/* Also of a launch that would be refused: then it says why. */
static void show_choices(const choices *c)
{
    launch_plan plan;
    const bool planned = plan_make_values(&plan, c) == ACCEL_OK;
    show_type(c, planned ? &plan : NULL);
    for (size_t i = SETTING_CONFIG_FILE + 1; i < setting_count(); i++)
        show_choice(c, planned ? &plan : NULL, i);
    if (!planned)
        printf("# this is refused: %s\n", accel_error_last()->message);
    if (accel_error_status() != ACCEL_ENOMEM)
        accel_error_clear();
    plan_dispose(&plan);
}

static const command effective_command = {
    .name = "config show --effective",
    .arguments = "",
    .description = "Prints every value that a launch of a Python script with these flags would have, and "
                   "whether that comes from a flag, the file, the environment, or is the default.",
    .table = {.command = "accelerate config"},
    .options = launch_options,
};

/* With the flags of a launch. */
static int show_effective(char **words)
{
    static const char *const none[] = {NULL};
    choices c;
    launch_texts texts = {0};
    option_table table = launch_options();
    table.command = config_command.table.command;
    const option_outcome outcome = option_read_operands(&table, &texts, words, none, NULL);
    if (outcome != OPTIONS_READ)
        return command_end(&effective_command, outcome);
    const bool opened = choices_open(&c) == ACCEL_OK;
    const bool wrong = opened && launch_options_choose(&c, &texts) != ACCEL_OK;
    if (opened && !wrong && launch_options_complete(&c) == ACCEL_OK)
        show_choices(&c);
    choices_dispose(&c);
    const int status = accel_error_is_set() ? command_fail(&config_command) : 0;
    return wrong ? COMMAND_WRONG : status;
}

/* ---- which of them ---- */

/* Before anybody is asked anything. */
static accel_status check_place(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ELOOP ? file_raise_errno(path, "cannot be opened") : ACCEL_OK;
    if (S_ISREG(info.st_mode))
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, NULL, "%s: is not a regular file", path);
}

/* What there is to do, and the option that is for nothing else. */
typedef struct verb {
    const char *name;
    accel_status (*act)(const settings *s, const char *path);
    const char *option; /* NULL: none */
} verb;

static const verb verbs[] = {
    {"default", write_default, "mixed_precision"}, {"update", update, NULL}, {"show", show, "effective"}};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

static const char *word(size_t index) { return index < VERBS ? verbs[index].name : NULL; }

static const verb *find_verb(const char *name)
{
    size_t i = 0;
    while (i < VERBS && strcmp(verbs[i].name, name) != 0)
        i++;
    return i < VERBS ? &verbs[i] : NULL;
}

static int act(const verb *v, const settings *s)
{
    char *path = path_of(s);
    accel_status status = ACCEL_OK;
    if (path && check_place(path) == ACCEL_OK)
        status = v ? v->act(s, path) : ask(path);
    memory_free(path);
    return status != ACCEL_OK || accel_error_is_set() ? command_fail(&config_command) : 0;
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

static bool has(const verb *v, const char *name) { return v && v->option && strcmp(v->option, name) == 0; }

/* An option of another verb. */
static int refuse_option(const char *name)
{
    const verb *owner = verbs;
    while (!has(owner, name))
        owner++;
    fprintf(stderr, "accelerate config: --%s belongs to config %s\n", name, owner->name);
    return COMMAND_WRONG;
}

static int run(char **words)
{
    static const char *const none[] = {NULL};
    settings s = {0};
    int status;
    const char *what = *words && **words != '-' ? *words++ : NULL;
    const verb *v = what ? find_verb(what) : NULL;
    if (what && !v) {
        fprintf(stderr, "accelerate config: what to do must be default, update or show, got \"%s\"\n", what);
        return COMMAND_WRONG;
    }
    if (v && v->act == show && take_word(words, "--effective"))
        return show_effective(words);
    if (!command_read(&config_command, words, &s, none, NULL, &status))
        return status;
    if (s.precision && !has(v, "mixed_precision"))
        return refuse_option("mixed_precision");
    if (s.effective && !has(v, "effective"))
        return refuse_option("effective");
    return act(v, &s);
}
