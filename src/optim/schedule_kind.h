/* The schedules by name, and what their options may be. */
#ifndef ACCEL_OPTIM_SCHEDULE_KIND_H
#define ACCEL_OPTIM_SCHEDULE_KIND_H

#include <accel/scheduler.h>

#include "optim/schedule.h"

typedef struct schedule_kind schedule_kind;

struct schedule_kind {
    const char *name;
    schedule_factor *factor; /* NULL: follows a metric, not the step */
    unsigned takes;          /* the options that are not for all, a bit each */
    bool needs_training_steps;
    double cycles; /* num_cycles where none are given */
    accel_status (*read)(schedule *s, const accel_scheduler_options *options); /* options of its own, or NULL */
};

/* NULL with ACCEL_ENOTFOUND, naming what there is. */
const schedule_kind *schedule_kind_find(const char *name);

/* Whether every option is possible, and one that the kind takes. */
accel_status schedule_kind_check(const schedule_kind *kind, const accel_scheduler_options *options);

/* Makes the schedule of that kind from checked options; `lr` is the optimizer's own learning rate. */
accel_status schedule_kind_read(const schedule_kind *kind, double lr, const accel_scheduler_options *options,
                                schedule *s);

#endif
