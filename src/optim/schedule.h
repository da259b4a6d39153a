/* Schedules: functions of the step that give the factor of the initial learning rate. */
#ifndef ACCEL_OPTIM_SCHEDULE_H
#define ACCEL_OPTIM_SCHEDULE_H

typedef struct schedule schedule;
typedef double schedule_factor(const schedule *s, double step);

/* How a warm-up goes from 0 to 1, and a decay from 1 to 0, as its progress goes from 0 to 1. */
typedef double schedule_rise(double progress);
typedef double schedule_fall(double progress, double cycles);

/* A schedule and its numbers, each used by the schedules that have it. Steps are doubles, which hold them exactly and do
   not overflow. */
struct schedule {
    schedule_factor *factor;
    double warmup, training; /* the steps that both end at */
    double cycles;           /* waves of a cosine, or its restarts */
    double min_rate;         /* the smallest factor */
    double warmup_rate;      /* the first factor; NaN: that of one step */
    double lr, lr_end;       /* the optimizer's rate, and what it ends at */
    double power;
    double timescale;
    double stable, decay; /* lengths, in steps; `stable` may be less than 0 */
    schedule_rise *rise;
    schedule_fall *fall;
};

schedule_factor schedule_constant, schedule_constant_with_warmup, schedule_linear, schedule_cosine,
    schedule_cosine_with_restarts, schedule_cosine_warmup_with_min_lr, schedule_polynomial,
    schedule_inverse_sqrt, schedule_warmup_stable_decay;

schedule_rise schedule_rise_linear, schedule_rise_cosine, schedule_rise_sqrt;
schedule_fall schedule_fall_linear, schedule_fall_cosine, schedule_fall_sqrt;

#endif
