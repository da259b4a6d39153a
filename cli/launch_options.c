#include "cli/launch_options.h"

#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"

static const char *const groups[GROUP_COUNT] = {
    [GROUP_GENERAL] = "options",
    [GROUP_HARDWARE] = "hardware",
    [GROUP_RESOURCES] = "resources",
    [GROUP_PARADIGM] = "engines of Python, refused for other programs",
    [GROUP_PROCESSES] = "processes and machines",
    [GROUP_OUTPUT] = "output",
    [GROUP_IDLE] = "accepted, without effect",
    [GROUP_DYNAMO] = "torch.compile, handed on to Python scripts",
    [GROUP_FP8] = "fp8, handed on to Python scripts with --mixed_precision fp8",
    [GROUP_DEEPSPEED] = "DeepSpeed, handed on to Python scripts with --use_deepspeed",
    [GROUP_FSDP] = "FSDP, handed on to Python scripts with --use_fsdp",
    [GROUP_MEGATRON] = "Megatron-LM, handed on to Python scripts with --use_megatron_lm",
    [GROUP_PARALLELISM] = "parallelism, handed on to Python scripts with --use_parallelism_config",
    [GROUP_TPU] = "TPUs, which are not supported: accepted, without effect",
};

/* Of those whose meaning is another program's, the default. */
static const char *text_of(size_t index)
{
    static char texts[LAUNCH_OPTIONS_MAX][64];
    const setting *s = setting_at(index);
    if (!s->text && s->absent && s->value)
        snprintf(texts[index], sizeof texts[index], "default: %s", s->absent);
    return s->text ? s->text : texts[index];
}

/* What its value must be; NULL: anything. */
static const char *wanted_of(size_t index)
{
    static char wanted[LAUNCH_OPTIONS_MAX][256];
    const setting *s = setting_at(index);
    if (s->kind == SETTING_TEXT || s->kind == SETTING_SWITCH)
        return NULL;
    setting_describe(s, wanted[index], sizeof wanted[index]);
    return wanted[index];
}

static option row_of(size_t index)
{
    const setting *s = setting_at(index);
    const setting_group before = index ? setting_at(index - 1)->group : GROUP_COUNT;
    return (option){.name = s->name,
                    .kind = OPTION_TEXT,
                    .offset = index * sizeof(const char *),
                    .value = s->value,
                    .filled = index == SETTING_CONFIG_FILE || index == SETTING_PYTHON,
                    .alone = s->kind == SETTING_SWITCH ? "True" : s->alone,
                    .words = s->words,
                    .wanted = wanted_of(index),
                    .more = s->group >= GROUP_DYNAMO,
                    .letter = s->letter,
                    .group = s->group != before ? groups[s->group] : NULL,
                    .text = text_of(index)};
}

option_table launch_options(void)
{
    static option rows[LAUNCH_OPTIONS_MAX];
    const size_t count = setting_count();
    for (size_t i = 0; i < count && !rows[count - 1].name; i++)
        rows[i] = row_of(i);
    return (option_table){.command = "accelerate launch", .options = rows, .count = count};
}

accel_status launch_options_choose(choices *c, const launch_texts *texts)
{
    for (size_t i = 0; i < launch_options().count && !accel_error_is_set(); i++) {
        char where[96];
        snprintf(where, sizeof where, "--%s", setting_at(i)->name);
        if (texts->of[i])
            choices_set(c, i, texts->of[i], CHOICE_FLAG, where);
    }
    return accel_error_status();
}

static accel_status take_file(choices *c, const char *path)
{
    configuration file = {0};
    if (configuration_read(&file, path) == ACCEL_OK)
        choices_take_file(c, &file);
    configuration_dispose(&file);
    return accel_error_status();
}

accel_status launch_options_complete(choices *c)
{
    const char *path = choices_text(c, SETTING_CONFIG_FILE);
    if (choices_take_environment(c) != ACCEL_OK)
        return accel_error_status();
    if (path)
        return take_file(c, path);
    char *own = choices_is_on(c, SETTING_CPU) ? NULL : configuration_default_path();
    if (own && file_exists(own))
        take_file(c, own);
    else if (!own && accel_error_status() == ACCEL_ENOTFOUND)
        accel_error_clear(); /* who has no home folder has no file there */
    memory_free(own);
    return accel_error_status();
}
