/* The settings of a launch as options of a command. */
#ifndef ACCEL_CLI_LAUNCH_OPTIONS_H
#define ACCEL_CLI_LAUNCH_OPTIONS_H

#include "cli/option.h"
#include "launch/choices.h"

/* At least setting_count(), to which their test holds it. */
enum { LAUNCH_OPTIONS_MAX = 160 };

/* The text of each setting, in their order. */
typedef struct launch_texts {
    const char *of[LAUNCH_OPTIONS_MAX];
} launch_texts;

/* A row for each setting. Borrowed for good. */
option_table launch_options(void);

/* What they make of flags: choices_open comes before. */
accel_status launch_options_choose(choices *c, const launch_texts *texts);

/* Adds what the environment says, and the configuration: --config_file's, or the default one if it is there and nobody wants the CPU alone. */
accel_status launch_options_complete(choices *c);

#endif
