/* The parts of a state: what is prepared or registered, each as a dict, out of the accelerator. */
#ifndef ACCEL_ACCELERATOR_STATE_PARTS_H
#define ACCEL_ACCELERATOR_STATE_PARTS_H

#include "accelerator/facade.h"
#include "checkpoint/state_files.h"

/* The i-th thing of a kind that is prepared; NULL past the last. Models that are evaluated count among the models. */
prepared *state_part(const facade *f, accel_preparable_kind kind, size_t index);
size_t state_part_count(const facade *f, accel_preparable_kind kind);

/* Adds this process's files. `shared`: those that all have in common, too. */
accel_status state_parts_collect(facade *f, state_files *files, bool shared, bool safe_serialization);

#endif
