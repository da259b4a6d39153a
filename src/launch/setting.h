/* What can be said of a launch, one row each: as a flag, in a configuration file, in the environment. The command line, its
 * help, files and the environment of the processes are read and written from these rows. Names and defaults are those of
 * Accelerate's `launch`. */
#ifndef ACCEL_LAUNCH_SETTING_H
#define ACCEL_LAUNCH_SETTING_H

#include <stdbool.h>
#include <stddef.h>

/* The text that a value is kept as is what Python's str() makes of it. */
typedef enum setting_kind {
    SETTING_SWITCH, /* "True"; a flag without a value, a truth value in a file */
    SETTING_TRUTH,  /* "True" or "False", whatever word it is said with */
    SETTING_BIT,    /* as SETTING_TRUTH; kept as "1" or "0" if given by flag */
    SETTING_WHOLE,  /* a whole number */
    SETTING_NUMBER, /* a number, which has a point */
    SETTING_WORD,   /* one of its words */
    SETTING_TEXT    /* anything */
} setting_kind;

/* What it is about, as help groups it. */
typedef enum setting_group {
    GROUP_GENERAL,
    GROUP_HARDWARE,
    GROUP_RESOURCES,
    GROUP_PARADIGM,
    GROUP_PROCESSES,
    GROUP_OUTPUT,
    GROUP_IDLE, /* accepted, without effect */
    GROUP_DYNAMO,
    GROUP_FP8,
    GROUP_DEEPSPEED,
    GROUP_FSDP,
    GROUP_MEGATRON,
    GROUP_PARALLELISM,
    GROUP_TPU,
    GROUP_COUNT
} setting_group;

/* What is made of its text in the environment of a process of Python. */
typedef enum setting_case { CASE_AS_IS, CASE_LOWER, CASE_UPPER } setting_case;

typedef struct setting {
    const char *name; /* of the flag, and in a file */
    setting_group group;
    setting_kind kind;
    const char *value;        /* what help calls the value; NULL: it has none */
    const char *absent;       /* its default; NULL: it has none */
    double least, most;       /* of numbers */
    const char *instead;      /* a word that a number may be as well; NULL: none */
    const char *const *words; /* NULL at the end */
    const char *alone;        /* its text where the flag has no value after it; NULL: it needs one */
    char letter;              /* of a short flag; 0: none */
    const char *variable;     /* of a process of Python, where its group is in use; NULL: none */
    setting_case letters;     /* of the variable's value */
    const char *source;       /* the variable that may say it here; NULL: none */
    const char *text;         /* sentences for help */
} setting;

/* The settings that the launcher itself looks at. Those of other engines come after them. */
typedef enum setting_id {
    SETTING_CONFIG_FILE,
    SETTING_QUIET,
    SETTING_DEBUG,
    SETTING_DRY_RUN,
    SETTING_PYTHON,
    SETTING_MODULE,
    SETTING_NO_PYTHON,
    SETTING_CPU,
    SETTING_MULTI_GPU,
    SETTING_TPU,
    SETTING_GPU_IDS,
    SETTING_MIXED_PRECISION,
    SETTING_GRADIENT_ACCUMULATION_STEPS,
    SETTING_NUM_CPU_THREADS_PER_PROCESS,
    SETTING_ENABLE_CPU_AFFINITY,
    SETTING_USE_DEEPSPEED,
    SETTING_USE_FSDP,
    SETTING_USE_MEGATRON_LM,
    SETTING_USE_PARALLELISM_CONFIG,
    SETTING_NUM_PROCESSES,
    SETTING_NUM_MACHINES,
    SETTING_MACHINE_RANK,
    SETTING_MAIN_PROCESS_IP,
    SETTING_MAIN_PROCESS_PORT,
    SETTING_BACKEND,
    SETTING_RDZV_BACKEND,
    SETTING_RDZV_CONF,
    SETTING_ROLE,
    SETTING_MAX_RESTARTS,
    SETTING_SHUTDOWN_TIMEOUT,
    SETTING_MPIRUN_HOSTFILE,
    SETTING_TEE,
    SETTING_REDIRECTS,
    SETTING_LOG_DIR,
    SETTING_LOCAL_RANKS_FILTER,
    SETTING_SAME_NETWORK,
    SETTING_MONITOR_INTERVAL,
    SETTING_DYNAMO_BACKEND,
    SETTING_OWN /* how many these are */
} setting_id;

/* All of them, those above first. */
size_t setting_count(void);
const setting *setting_at(size_t index);

/* Which one has that name, hyphens and underscores alike; setting_count() where none has. */
size_t setting_find(const char *name);

/* What a value must be, for messages: "a whole number from 1 to 1024". The text is of `size` bytes. */
void setting_describe(const setting *s, char *text, size_t size);

/* What fsdp_sharding_strategy is with the first FSDP, NULL at the end; it takes other texts, too. */
extern const char *const setting_strategies[];

/* The rows, for setting.c. */
extern const setting own_settings[SETTING_OWN];
extern const setting engine_settings[];
extern const size_t engine_setting_count;

#endif
