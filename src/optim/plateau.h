/* Learning rates that go down when a metric has stopped improving. */
#ifndef ACCEL_OPTIM_PLATEAU_H
#define ACCEL_OPTIM_PLATEAU_H

#include <accel/scheduler.h>

#include "optim/optimizer.h"

typedef struct plateau {
    bool higher_is_better, absolute;
    double factor, threshold, eps;
    int64_t patience, cooldown;
    double min_lr;   /* of all groups, unless */
    double *min_lrs; /* each has its own: owned */
    size_t min_lrs_count;
    double best;
    int64_t bad;           /* metrics in a row that were no better */
    int64_t cooldown_left; /* metrics that count for nothing */
    int64_t seen;          /* metrics in all */
} plateau;

/* From options that schedule_kind_check found good. */
accel_status plateau_read(plateau *p, const optimizer *opt, const accel_scheduler_options *options);
void plateau_dispose(plateau *p);

/* Takes a metric into account. */
accel_status plateau_step(plateau *p, optimizer *opt, double metric);

#endif
