/* What was chosen for each setting of a launch, and where. */
#ifndef ACCEL_LAUNCH_CHOICES_H
#define ACCEL_LAUNCH_CHOICES_H

#include <accel/error.h>

#include "launch/configuration.h"
#include "launch/distributed_type.h"
#include "launch/setting.h"
#include "launch/word_list.h"

/* Each goes before those above it. */
typedef enum choice_source { CHOICE_DEFAULT, CHOICE_ENVIRONMENT, CHOICE_FILE, CHOICE_FLAG } choice_source;

typedef struct choice {
    char *text;  /* as Python's str() has it; NULL: none was made */
    char *where; /* as messages call it: "--cpu", "FILE:3: use_cpu" */
    choice_source source;
} choice;

typedef struct choices {
    choice *of;                   /* setting_count() of them */
    char *file;                   /* the configuration that was taken; NULL: none */
    const distributed_type *type; /* of it; NULL: none */
    bool parallelism;             /* it has a parallelism_config */
    char *fields;                 /* the keys of its deepspeed_config, with commas between them; NULL: none */
    word_list unused;             /* sentences on keys of the file that never have an effect */
} choices;

accel_status choices_open(choices *c);
void choices_dispose(choices *c);

/* Notes one, in place of what was said where it counts less; what is said where it counts more stays. ACCEL_EINVAL with
   "WHERE must be …" for what the setting cannot be. */
accel_status choices_set(choices *c, size_t index, const char *text, choice_source source, const char *where);

/* Those that variables of this process make. */
accel_status choices_take_environment(choices *c);

/* Those of a configuration file, whatever version of the reference wrote it. A key that nobody knows is an error that names it and
   its line; those that never have an effect are noted. */
accel_status choices_take_file(choices *c, const configuration *file);

/* The setting that a key of a file is, at the top or in that section; setting_count() where it is none. */
size_t choices_find_key(const char *section, const char *key);

/* What holds: the choice, or the default; NULL where there is neither. */
const char *choices_text(const choices *c, size_t index);
bool choices_is_made(const choices *c, size_t index);

/* The same as what it is: a switch that is on, a number, 0 where there is neither choice nor default. choices_whole: of the launcher's own
   settings, which fit. */
bool choices_is_on(const choices *c, size_t index);
int choices_whole(const choices *c, size_t index);
double choices_number(const choices *c, size_t index);

#endif
