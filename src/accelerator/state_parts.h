/* The parts of a state: what is prepared or registered, each as a dict, out of the accelerator and into it. */
#ifndef ACCEL_ACCELERATOR_STATE_PARTS_H
#define ACCEL_ACCELERATOR_STATE_PARTS_H

#include "accelerator/facade.h"
#include "checkpoint/state_files.h"

/* The i-th thing of a kind that is prepared; NULL past the last. Models that are evaluated count among the models. */
prepared *state_part(const facade *f, accel_preparable_kind kind, size_t index);
size_t state_part_count(const facade *f, accel_preparable_kind kind);

/* Adds this process's files. `shared`: those that all have in common, too. */
accel_status state_parts_collect(facade *f, state_files *files, bool shared, bool safe_serialization);

/* What only this library saves, of one process: "num_processes", "window.length" …, "loaders.0.epoch" …, "gradients.0.head.weight" ….
   `own`: it was this process that saved it, among as many; otherwise it is process 0's, and what only that one had stays out. The check
   changes nothing. */
accel_dict *state_process_collect(facade *f);
accel_status state_process_check(facade *f, accel_dict *process, bool own);
accel_status state_process_apply(facade *f, accel_dict *process, bool own);

/* ---- in ---- */

typedef struct state_reader state_reader;

/* Reads and checks everything: new. NULL on failure. The path is borrowed. */
state_reader *state_reader_open(facade *f, const char *folder);
void state_reader_close(state_reader *r); /* NULL does nothing */

/* Puts it in place. */
accel_status state_reader_apply(state_reader *r);

#endif
