/* What TensorBoard reads: Event messages, each appended as its bytes, equal to those of torch.utils.tensorboard.
 *
 * `time` is in seconds since 1970, `step` -1 for none. Memory that runs out is on record afterwards.
 *
 * Source: event.proto, summary.proto and plugin_data.proto of TensorBoard; torch/utils/tensorboard/summary.py.
 */
#ifndef ACCEL_TRACK_EVENT_H
#define ACCEL_TRACK_EVENT_H

#include <accel/tracker.h>

#include "base/buffer.h"

/* The first of a file. */
void event_version(buffer *out, double time);

/* A number, which becomes a float32, or a text. Source: SummaryWriter.add_scalar, add_text. */
void event_value(buffer *out, double time, int64_t step, const accel_log_value *value);

/* Hyper-parameters, in three events: what there is, what this run has, that it is done. Source: SummaryWriter.add_hparams. */
void event_hparams_experiment(buffer *out, double time, const accel_log_value *values, size_t count);
void event_hparams_session(buffer *out, double time, const accel_log_value *values, size_t count);
void event_hparams_end(buffer *out, double time);

#endif
