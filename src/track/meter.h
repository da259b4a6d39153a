/* A count on its way to a total, and how it reads: the arithmetic and the layout of tqdm. */
#ifndef ACCEL_TRACK_METER_H
#define ACCEL_TRACK_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum { METER_TEXT_MAX = 256, METER_UNIT_MAX = 32 };

/* Times are seconds of base/clock.h, texts are clean and "" for none. Start with meter_start. */
typedef struct meter {
    char description[METER_TEXT_MAX], postfix[METER_TEXT_MAX];
    char unit[METER_UNIT_MAX];
    bool scaled;    /* numbers have three digits and k, M, … */
    double divisor; /* from one of these to the next; of counts alone, rates have 1000 */
    double smoothing;
    _Atomic int64_t count;
    int64_t initial, total; /* a total of 0 or less: unknown */
    double started;
    double sampled_at; /* the last sample, how many there were, and moving sums over all of them */
    int64_t sampled_count;
    int64_t samples;
    double smooth_count, smooth_seconds;
} meter;

/* Begins to measure, at the count `initial`. */
void meter_start(meter *m, int64_t initial, double now);

/* Takes what was counted since the last sample into the smoothed rate. Nothing counted: no sample. */
void meter_sample(meter *m, double now);

/* From now on the rate is the average of the whole time. */
void meter_average(meter *m);

/* Appends the line as it reads now: with a bar, of blocks or of ASCII, that fills it up to `columns`; or, for 0
   columns, without a bar and as long as it is. */
accel_status meter_print(const meter *m, double now, size_t columns, bool ascii, buffer *out);

#endif
