/* What only this library saves of a process: the place of its loaders, its window of micro-batches, the gradients that are being added up,
 * and what it trains by itself. */
#ifndef ACCEL_ACCELERATOR_STATE_PROCESS_H
#define ACCEL_ACCELERATOR_STATE_PROCESS_H

#include "accelerator/facade.h"

/* "num_processes", "window.length" …, "loaders.0.epoch" …, "gradients.0.head.weight" …: new. NULL on failure. */
accel_dict *state_process_collect(facade *f);

/* `own`: it was this process that saved it, among as many; otherwise it is another's, and what only that one had stays out. The check
   changes nothing. */
accel_status state_process_check(facade *f, accel_dict *process, bool own);
accel_status state_process_apply(facade *f, accel_dict *process, bool own);

#endif
