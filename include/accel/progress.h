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
 * On a terminal a bar is one line, redrawn in place; bars opened while another one is open stand below it, and
 * a bar that is closed leaves its last line above those that go on. Elsewhere (a log file, a pipe, a terminal
 * that calls itself dumb) it is a plain line without blocks, at most every ten seconds and at its end. The
 * blocks are ASCII where the locale in the environment names a character set other than UTF-8.
 *
 * What else is printed on that terminal meanwhile tears the bars, unless accelerator_print prints it.
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
} accel_progress_options;
#define ACCEL_PROGRESS_DEFAULTS()                                                                              \
    .struct_size = sizeof(accel_progress_options), .enabled = true, .stream = NULL, .minimum_interval = 0.1

/** A bar that counts from 0 to `total`, drawn at once on a terminal: new. `total` -1: unknown; as in tqdm the
    count and its rate then stand alone, as they do when `total` is 0 or the count exceeds it. `label`, copied,
    stands before it; NULL for none. Source: tqdm.tqdm(total=, desc=, disable=, file=, mininterval=). */
ACCEL_API accel_progress *accel_progress_create_with(int64_t total, const char *label,
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

/** Draws the bar a last time, with the average rate, and ends its line; again does nothing. A handle that ends
    closes its bar. Works while an error is recorded, and returns its status. Source: tqdm.close, leave=True. */
ACCEL_API accel_status accel_progress_close(accel_progress *bar);

ACCEL_END_DECLS

#endif
