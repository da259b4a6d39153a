/* The files that one process writes into a training state, and how those of all become a state.
 *
 *     state_files *files = state_files_create();
 *     state_files_add(files, STATE_OPTIMIZER, "optimizer.bin", dict);   …
 *     state_files_copy(files, call);                     // when training goes on meanwhile
 *     state_files_write(files, folder, rank, call);      // each process, on any thread
 *     state_files_complete(folder, first, count, call);  // one of them, after all
 */
#ifndef ACCEL_CHECKPOINT_STATE_FILES_H
#define ACCEL_CHECKPOINT_STATE_FILES_H

#include <stdatomic.h>
#include <stdbool.h>

#include <accel/dict.h>

typedef struct state_files state_files;

/* What a file is, and which shape Python's values have in it. */
typedef enum state_kind {
    STATE_SAFETENSORS,
    STATE_WEIGHTS, /* of torch.save */
    STATE_OPTIMIZER,
    STATE_SCHEDULER,
    STATE_NUMBERS,
    STATE_VALUES, /* see NEST_VALUES */
    STATE_RANDOM  /* see random_states.h */
} state_kind;

/* Empty: new. NULL on failure. */
state_files *state_files_create(void);
void state_files_free(state_files *f); /* NULL does nothing */

/* Adds a file; the dict is retained. */
accel_status state_files_add(state_files *f, state_kind kind, const char *name, accel_dict *dict);

/* Puts copies on the CPU in the place of all tensors, so that they may change. */
accel_status state_files_copy(state_files *f, const char *call);

/* Writes and syncs all of them, and a list of them for state_files_complete. */
accel_status state_files_write(const state_files *f, const char *folder, int rank, const char *call);

/* Instead of that: says why there are none. */
void state_files_write_failure(const char *folder, int rank, const char *text);

/* Waits, at most so many seconds, until processes first … first + count - 1 have written theirs, or one says that it failed, or
   `stop` is true. */
accel_status state_files_await(const char *folder, int first, int count, double seconds,
                               const atomic_bool *stop, const char *call);

/* Makes what they have written, and what else is in the folder, a state: all of it is on the disk then. Links, and what is neither file
   nor directory, are left alone. */
accel_status state_files_complete(const char *folder, int first, int count, const char *call);

#endif
