/**
 * Trackers: where the numbers of a run are written down.
 *
 *     accelerator *acc = accelerator_create(.log_with = "tensorboard,csv", .project_dir = "out");
 *     accelerator_init_trackers(acc, "first", ACCEL_LOG_VALUES({"lr", 3e-5}, {"scheduler", .text = "linear"}));
 *     …
 *     accelerator_log(acc, ACCEL_LOG_VALUES({"loss", accel_item(loss)}), .step = step);
 *     …
 *     accelerator_end_training(acc);                  // or accelerator_finish alone
 *
 * Those that are built in write into the folder <logging_dir>/<name of the run>:
 *
 * - tensorboard: an event file for TensorBoard, new with each start, with numbers as float32; the hyper-parameters in a folder of
 *   their own below, for its table, and as hparams.yml;
 * - jsonl: a line {"step": 3, "loss": 0.5} for each call in metrics.jsonl, one for each start in hparams.jsonl; a number that
 *   is not finite is null;
 * - csv: a row for each call in metrics.csv, one for each start in hparams.csv. A name that comes late becomes the last column:
 *   the file is written anew, whole or not at all, with nothing in that column of earlier rows.
 *
 * A run of the same name adds to its files. Each call has written when it returns, so that a process that is killed loses
 * nothing; a write that fails leaves no half of a line, and the next one may succeed.
 *
 * Only the main process writes. No call is collective, and what processes are given may differ.
 *
 * Source: accelerate.Accelerator, accelerate.tracking.
 */
#ifndef ACCEL_TRACKER_H
#define ACCEL_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>
#include <accel/scope.h>

ACCEL_BEGIN_DECLS

/* ---- values ---- */

#ifdef __cplusplus
#define ACCEL_LOG_UNSET(value) = value /* what an initialiser may leave out */
#else
#define ACCEL_LOG_UNSET(value)
#endif

/** A number, or a text where there is one. Names and texts are UTF-8, and borrowed for the call; a list has each name once. */
typedef struct accel_log_value {
    const char *name;
    double number ACCEL_LOG_UNSET(0);
    const char *text ACCEL_LOG_UNSET(nullptr);
} accel_log_value;

/** ACCEL_LOG_VALUES({"loss", 0.5}, {"note", .text = "warm"}), in C++ {"note", 0, "warm"}: values and their number, as two
    arguments. They last as long as the call they are written in. */
#ifdef __cplusplus
extern "C++" {
template <size_t Count> constexpr const accel_log_value *accel_log_list(const accel_log_value (&values)[Count])
{
    return values;
}
template <size_t Count> char (&accel_log_count(const accel_log_value (&values)[Count]))[Count];
}
#define ACCEL_LOG_VALUES(...) accel_log_list({__VA_ARGS__}), sizeof(accel_log_count({__VA_ARGS__}))
#else
#define ACCEL_LOG_VALUES(...)                                                                                  \
    ((const accel_log_value[]){__VA_ARGS__}),                                                                  \
        sizeof((const accel_log_value[]){__VA_ARGS__}) / sizeof(accel_log_value)

/* Evaluates CALL, whose values may leave out what they have not. */
#define ACCEL_LOG_CALL(call) ACCEL_LOG_CALL_(ACCEL_UNIQUE(accel_status_), call)
#define ACCEL_LOG_CALL_(status, call)                                                                          \
    __extension__({                                                                                            \
        _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")      \
            const accel_status status = call;                                                                  \
        _Pragma("GCC diagnostic pop") status;                                                                  \
    })
#endif

/* ---- a run ---- */

/** Begins a run on all trackers, with its hyper-parameters, which may be NULL and 0. Fails while one is under way, and begins
    none where one of them cannot. run_name: a path below logging_dir, which is made. Source: Accelerator.init_trackers. */
ACCEL_API accel_status accelerator_init_trackers(accelerator *acc, const char *run_name,
                                                 const accel_log_value *values, size_t count);

typedef struct accelerator_log_options {
    size_t struct_size;
    int64_t step; /**< ≥ 0; -1: none, which TensorBoard shows as 0 */
} accelerator_log_options;
#define ACCELERATOR_LOG_DEFAULTS() .struct_size = sizeof(accelerator_log_options), .step = -1

/** Gives values to all trackers of the run; no value is called "step". Where one of them fails the others have theirs all the
    same. Does nothing where there are no trackers, and fails where accelerator_init_trackers did not come first. Source:
    Accelerator.log. */
ACCEL_API accel_status accelerator_log_with(accelerator *acc, const accel_log_value *values, size_t count,
                                            const accelerator_log_options *options);
ACCEL_API accelerator_log_options accelerator_log_options_default(void);

/** Ends the run; nothing where there is none. Another one may begin. accelerator_finish ends what still runs, after a failure,
    too. Source: Accelerator.end_training. */
ACCEL_API accel_status accelerator_end_training(accelerator *acc);

/** accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 0.5}), .step = 3) */
#ifdef __cplusplus
ACCEL_OVERLOADS_3(accel_status, accelerator_log, accelerator *, const accel_log_value *, size_t,
                  accelerator_log_options)
#else
#define accelerator_log(...)                                                                                   \
    ACCEL_LOG_CALL(                                                                                            \
        ACCEL_CALL_3(accelerator_log_with, accelerator_log_options, ACCELERATOR_LOG_DEFAULTS, __VA_ARGS__))
#define accelerator_init_trackers(...) ACCEL_LOG_CALL(accelerator_init_trackers(__VA_ARGS__))
#endif

/** Where the options said that a project's data and its logs go: borrowed from the accelerator; NULL for nowhere, and on
    failure. Source: Accelerator.project_dir, logging_dir. */
ACCEL_API const char *accelerator_project_dir(accelerator *acc);
ACCEL_API const char *accelerator_logging_dir(accelerator *acc);

/* ---- a tracker of the program's own ---- */

/** What it does. Each function returns ACCEL_OK, or another status with or without an error recorded (accel_error_raise), which
    is the failure of the call; what it is given is borrowed for its call. After a failure `finish` still comes, with the record
    out of the way. None of them may call accelerator_finish, nor those of this header for their own accelerator; another's are
    fine. */
typedef struct accel_tracker_callbacks {
    const char *name; /**< another than every other tracker's; borrowed for accelerator_add_tracker */
    accel_status (*start)(void *user, const char *run_name, const accel_log_value *values,
                          size_t count); /**< NULL: nothing */
    accel_status (*log)(void *user, const accel_log_value *values, size_t count,
                        int64_t step);  /**< step -1: none */
    accel_status (*finish)(void *user); /**< NULL: nothing */
    void *user;                         /**< borrowed until accelerator_finish */
    bool every_process;                 /**< called in every process, not in the main one alone */
} accel_tracker_callbacks;

/** Adds a tracker, beside those of log_with, while no run is under way. Source: GeneralTracker, main_process_only. */
ACCEL_API accel_status accelerator_add_tracker(accelerator *acc, const accel_tracker_callbacks *callbacks);

ACCEL_END_DECLS

#endif
