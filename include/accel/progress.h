/**
 * Progress bars, in the layout of tqdm.
 *
 *     accel_progress *bar = accel_progress_create(num_steps, "train");
 *     accel_for_each (batch, train) {
 *         …
 *         accel_progress_advance(bar, 1);
 *         accel_progress_set_postfix(bar, "loss=%.2f", accel_item(loss));
 *     }
 *     accel_progress_close(bar);
 *
 *     train:  43%|████▎     | 43/100 [00:04<00:05, 10.12it/s, loss=0.31]
 *
 * On a terminal a bar is one line as wide as the terminal is at that moment, redrawn in place; bars opened while
 * another one is open stand below it. A bar that is closed leaves its last line above those that go on, or with
 * `.leave = false` nothing. Elsewhere (a log file, a pipe, a terminal that calls itself dumb) it is a plain line
 * without blocks and carriage returns, at most every ten seconds and, if it is left, at its end. The blocks are
 * ASCII where the locale in the environment names a character set other than UTF-8.
 *
 * What accelerator_print and the default log (log.h) print on that terminal meanwhile goes above the bars; what
 * anything else prints there tears them.
 *
 * Threads: every function may be called from any thread. Drawing takes one lock for the whole process; counting
 * takes none. A stream that cannot be written to is no error: the bar is not seen.
 */
#ifndef ACCEL_PROGRESS_H
#define ACCEL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <accel/error.h>
#include <accel/scope.h>

ACCEL_BEGIN_DECLS

typedef struct accel_progress_options {
    size_t struct_size;
    bool enabled;            /**< false: the bar is never seen; for every process but one */
    FILE *stream;            /**< borrowed until the bar is closed; NULL: standard error */
    double minimum_interval; /**< seconds between two redraws on a terminal; 0 redraws at every step */
    int64_t initial;         /**< what was counted before, by a run that goes on here; the rate leaves it out */
    const char *unit;        /**< what is counted, copied; at most 31 bytes are kept */
    bool unit_scale;         /**< numbers of three digits with k, M, G … in place of whole ones */
    double unit_divisor;     /**< from one of these to the next, 1000 or 1024; rates have 1000, as in tqdm */
    bool leave;              /**< false: a bar that is closed is gone; for one inside another */
    double smoothing; /**< weight of the newest speed in the rate, from 0 (average of all) to 1 (it alone) */
} accel_progress_options;
#define ACCEL_PROGRESS_DEFAULTS()                                                                              \
    .struct_size = sizeof(accel_progress_options), .enabled = true, .stream = NULL, .minimum_interval = 0.1,   \
    .initial = 0, .unit = "it", .unit_scale = false, .unit_divisor = 1000, .leave = true, .smoothing = 0.3

/** A bar that counts from `initial` to `total`, drawn at once on a terminal: new. `total` -1: unknown; as in tqdm
    the count and its rate then stand alone, as they do when `total` is 0 or the count exceeds it. `description`,
    copied, stands before it, at most 255 bytes; NULL for none. Source: tqdm.tqdm(total=, desc=, disable=, file=,
    mininterval=, initial=, unit=, unit_scale=, unit_divisor=, leave=, smoothing=). */
ACCEL_API accel_progress *accel_progress_create_with(int64_t total, const char *description,
                                                     const accel_progress_options *options);
ACCEL_API accel_progress_options accel_progress_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_progress *, accel_progress_create, int64_t, const char *, accel_progress_options)
#else
#define accel_progress_create(...)                                                                             \
    ACCEL_CALL_2(accel_progress_create_with, accel_progress_options, ACCEL_PROGRESS_DEFAULTS, __VA_ARGS__)
#endif

/** Counts `n` more, which may be negative. Redraws if the last redraw is `minimum_interval` ago or the count
    reaches the total. A closed bar counts on unseen. Source: tqdm.update; unlike there the clock is read at
    each call, so that a bar does not stand still when slow steps follow fast ones. */
ACCEL_API accel_status accel_progress_advance(accel_progress *bar, int64_t n);

/** Sets what stands behind the rate, as printf; at most 255 bytes are kept, control characters become spaces.
    Redraws on a terminal if the last redraw for a postfix is `minimum_interval` ago; else the next redraw shows
    it. Source: tqdm.set_postfix_str. */
ACCEL_API accel_status accel_progress_set_postfix(accel_progress *bar, const char *format, ...)
    ACCEL_PRINTF(2, 3);

/** Sets what stands before the bar, as printf, with the same limits, and redraws at once on a terminal. Source:
    tqdm.set_description. */
ACCEL_API accel_status accel_progress_set_description(accel_progress *bar, const char *format, ...)
    ACCEL_PRINTF(2, 3);

/** Draws the bar a last time, with the average rate, and ends its line, or takes it away (`leave`); again does
    nothing. A handle that ends closes its bar. Works while an error is recorded, and returns its status. Source:
    tqdm.close. */
ACCEL_API accel_status accel_progress_close(accel_progress *bar);

ACCEL_END_DECLS

#endif
