/**
 * Learning-rate schedules: functions of the step that scale each group's initial learning rate.
 *
 *     accel_scheduler *sched = accel_scheduler_create("linear", opt, .num_warmup_steps = 0, .num_training_steps = n);
 *     … accel_optimizer_step(opt); accel_scheduler_step(sched);
 *
 * And one that lowers the rates when a metric has stopped improving:
 *
 *     accel_scheduler *sched = accel_scheduler_create("reduce_lr_on_plateau", opt, .mode = "max", .patience = 2);
 *     … accel_scheduler_step_with_metric(sched, accuracy);
 *
 * With f the factor, t the step, w and n the steps of warm-up and training, p = (t − w) / (n − w), after a warm-up of
 * f = t / w:
 *
 *     linear                     f = 1 − p
 *     cosine                     f = (1 + cos 2π·num_cycles·p) / 2
 *     cosine_with_restarts       f = (1 + cos π·(num_cycles·p mod 1)) / 2, and 0 from n on
 *     cosine_with_min_lr         as cosine, between 1 and min_lr_rate, or min_lr over the optimizer's lr
 *     cosine_warmup_with_min_lr  the same, one step ahead; the warm-up starts at warmup_lr_rate
 *     polynomial                 (1 − p)^power, between the optimizer's lr and lr_end, and lr_end from n on
 *     constant                   f = 1, without a warm-up
 *     constant_with_warmup       f = 1
 *     inverse_sqrt               f = 1 / √((t − w + timescale) / timescale)
 *     warmup_stable_decay        f = 1 for num_stable_steps, then down to min_lr_ratio in num_decay_steps
 */
#ifndef ACCEL_SCHEDULER_H
#define ACCEL_SCHEDULER_H

#include <stddef.h>
#include <stdint.h>

#include <accel/optimizer.h>

ACCEL_BEGIN_DECLS

/** Rates and factors are finite and ≥ 0. A schedule refuses what it does not take; num_warmup_steps and
    num_training_steps may be given to all. */
typedef struct accel_scheduler_options {
    size_t struct_size;
    int64_t num_warmup_steps;   /**< steps from 0 up to the initial learning rate */
    int64_t num_training_steps; /**< steps in all; -1: not given, an error for schedules that need it */

    double num_cycles;     /**< cosines: waves; NaN: 0.5, or 1 for cosine_with_restarts */
    double min_lr;         /**< the smallest learning rate; NaN: not given, 0 for reduce_lr_on_plateau */
    double min_lr_rate;    /**< the same, as a part of the initial one; NaN: not given */
    double warmup_lr_rate; /**< where f starts; NaN: the warm-up is f = (t + 1) / w */
    double lr_end;         /**< less than the optimizer's lr */
    double power;          /**< of what is left of the training */
    int64_t timescale;     /**< steps, ≥ 1; -1: num_warmup_steps, or 10000 where these are 0 */

    int64_t num_stable_steps; /**< -1: what num_training_steps leaves; goes before num_training_steps */
    int64_t num_decay_steps;  /**< -1: not given, an error for warmup_stable_decay */
    const char *warmup_type;  /**< "linear", "cosine", "1-sqrt" */
    const char *decay_type;   /**< "linear", "cosine", "1-sqrt" */
    double min_lr_ratio;      /**< where f starts and ends */

    const char *mode;           /**< "min": lower metrics are better; "max": higher ones */
    double factor;              /**< of the learning rates, < 1 */
    int64_t patience;           /**< metrics without improvement that are let pass */
    double threshold;           /**< improvements by no more count for nothing; may be negative */
    const char *threshold_mode; /**< "rel": threshold is a part of the best metric; "abs": a difference */
    int64_t cooldown;           /**< metrics after a reduction that count for nothing */
    const double *min_lrs;      /**< instead of min_lr one for each group: borrowed for the call; NULL: none */
    size_t min_lrs_count;
    double eps; /**< reductions by no more are not made */
} accel_scheduler_options;
#define ACCEL_SCHEDULER_DEFAULTS()                                                                             \
    .struct_size = sizeof(accel_scheduler_options), .num_warmup_steps = 0, .num_training_steps = -1,           \
    .num_cycles = (double)NAN, .min_lr = (double)NAN, .min_lr_rate = (double)NAN,                              \
    .warmup_lr_rate = (double)NAN, .lr_end = 1e-7, .power = 1, .timescale = -1, .num_stable_steps = -1,        \
    .num_decay_steps = -1, .warmup_type = "linear", .decay_type = "cosine", .min_lr_ratio = 0, .mode = "min",  \
    .factor = 0.1, .patience = 10, .threshold = 1e-4, .threshold_mode = "rel", .cooldown = 0, .min_lrs = NULL, \
    .min_lrs_count = 0, .eps = 1e-8

/** A schedule for all groups that the optimizer, which is retained, has now: new. It sets their learning rate for the
    first step at once; "reduce_lr_on_plateau" leaves it, and is for groups that come later, too. ACCEL_ENOTFOUND for
    a name that is not above. Source: transformers.get_scheduler, with defaults for num_warmup_steps (0);
    torch.optim.lr_scheduler.ReduceLROnPlateau. */
ACCEL_API accel_scheduler *accel_scheduler_create_with(const char *name, accel_optimizer *optimizer,
                                                       const accel_scheduler_options *options);
ACCEL_API accel_scheduler_options accel_scheduler_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_scheduler *, accel_scheduler_create, const char *, accel_optimizer *,
                  accel_scheduler_options)
#else
#define accel_scheduler_create(...)                                                                            \
    ACCEL_CALL_2(accel_scheduler_create_with, accel_scheduler_options, ACCEL_SCHEDULER_DEFAULTS, __VA_ARGS__)
#endif

/** Sets the learning rates for the next step. A prepared schedule advances once per process, because programs compute
    num_training_steps from the length of a loader that is not sharded yet. Source: AcceleratedScheduler.step. */
ACCEL_API accel_status accel_scheduler_step(accel_scheduler *scheduler);

/** The same for "reduce_lr_on_plateau", and for it alone: takes the result of an evaluation, which must be the same in
    every process, into account. NaN is no improvement. One call is one step of the schedule, prepared or not, so that
    patience counts evaluations. Source: ReduceLROnPlateau.step. */
ACCEL_API accel_status accel_scheduler_step_with_metric(accel_scheduler *scheduler, double metric);

/** The learning rate of a group, as accel_optimizer_lr gives it: what the schedule set last, unless the program set
    another since; NaN on failure. Source: get_last_lr. */
ACCEL_API double accel_scheduler_last_lr(accel_scheduler *scheduler, size_t group);

/**
 * Where a schedule is, under PyTorch's names: new. last_epoch (int64), base_lrs and _last_lr (float64): (groups) …; of one that follows
 * a metric best (float64), num_bad_epochs and cooldown_counter (int64). Source: LRScheduler.state_dict.
 */
ACCEL_API accel_dict *accel_scheduler_state_dict(accel_scheduler *scheduler);

/** Takes that up, whether this library or PyTorch wrote it. Learning rates are the optimizer's, whose state is taken up by itself; options
    stay those that the schedule was made with. ACCEL_ENOTFOUND for an entry that is missing, ACCEL_EMISMATCH for another number of
    groups; nothing was taken up then. Source: LRScheduler.load_state_dict. Difference: that takes up options, too. */
ACCEL_API accel_status accel_scheduler_load_state_dict(accel_scheduler *scheduler, accel_dict *state);

ACCEL_END_DECLS

#endif
