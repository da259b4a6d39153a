/* The options of schedules: which there are, and what each may be. */
#ifndef ACCEL_OPTIM_SCHEDULE_OPTION_H
#define ACCEL_OPTIM_SCHEDULE_OPTION_H

#include <accel/scheduler.h>

enum schedule_option {
    SCHEDULE_NUM_WARMUP_STEPS,
    SCHEDULE_NUM_TRAINING_STEPS,
    SCHEDULE_FOR_ALL, /* those before are any schedule's */
    SCHEDULE_NUM_CYCLES = SCHEDULE_FOR_ALL,
    SCHEDULE_MIN_LR,
    SCHEDULE_MIN_LR_RATE,
    SCHEDULE_WARMUP_LR_RATE,
    SCHEDULE_LR_END,
    SCHEDULE_POWER,
    SCHEDULE_TIMESCALE,
    SCHEDULE_NUM_STABLE_STEPS,
    SCHEDULE_NUM_DECAY_STEPS,
    SCHEDULE_WARMUP_TYPE,
    SCHEDULE_DECAY_TYPE,
    SCHEDULE_MIN_LR_RATIO,
    SCHEDULE_MODE,
    SCHEDULE_FACTOR,
    SCHEDULE_PATIENCE,
    SCHEDULE_THRESHOLD,
    SCHEDULE_THRESHOLD_MODE,
    SCHEDULE_COOLDOWN,
    SCHEDULE_MIN_LRS,
    SCHEDULE_EPS,
    SCHEDULE_OPTIONS
};

/* Whether every option that is not the default is possible, and one that the schedule of that name takes: `takes` has a
   bit, 1 << option, for each that is not for all. */
accel_status schedule_option_check(const char *schedule, unsigned takes,
                                   const accel_scheduler_options *options);

/* The place of `word` among the `count` that an option may be; -1, naming these, if it is none of them. */
int schedule_option_word(const char *option, const char *word, const char *const *words, int count);

#endif
