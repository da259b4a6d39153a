/* A count on its way to a total, and how it reads: the arithmetic and the layout of tqdm. */
#ifndef ACCEL_TRACK_METER_H
#define ACCEL_TRACK_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum { METER_POSTFIX_MAX = 256 };

/* Times are seconds of base/clock.h. Start with zeros and set label, total, started and sampled_at. */
typedef struct meter {
    char *label; /* "" for none; clean */
    char postfix[METER_POSTFIX_MAX];
    _Atomic int64_t count;
    int64_t total; /* 0 or less: unknown */
    double started;
    double sampled_at; /* the last sample, and moving sums over all of them */
    int64_t sampled_count;
    double smooth_count, smooth_seconds;
} meter;

/* Takes what was counted since the last sample into the smoothed rate. Nothing counted: no sample. */
void meter_sample(meter *m, double now);

/* From now on the rate is the average of the whole time. */
void meter_average(meter *m);

/* Appends the line as it reads now: with a bar, of blocks or of ASCII, that fills it up to `columns`; or, for 0
   columns, without a bar and as long as it is. */
accel_status meter_print(const meter *m, double now, size_t columns, bool ascii, buffer *out);

#endif
