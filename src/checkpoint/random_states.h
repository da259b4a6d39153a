/* random_states_0.pkl: where the random numbers of a process are, in Python's shape.
 *
 * As a dict: "step", the micro-batches begun, int64: (); "torch", uint8: (5056,); "cuda.0" …, uint8: (16,); and what only Python uses:
 * "python", int64: (625,), "python_gauss", float64: (), where there is one; "numpy", int64: (624,), "numpy_position" and
 * "numpy_has_gauss", int64: (), "numpy_gauss", float64: ().
 */
#ifndef ACCEL_CHECKPOINT_RANDOM_STATES_H
#define ACCEL_CHECKPOINT_RANDOM_STATES_H

#include <accel/dict.h>

#include "base/file.h"

/* Adds what a file has to a dict. */
accel_status random_states_read(accel_dict *dict, const char *path, const char *call);

/* Adds the states of Python and numpy after random.seed(seed) and numpy.random.seed(seed mod 2^32): Python takes up a file only with
   both in it. */
accel_status random_states_seed(accel_dict *dict, uint64_t seed);

/* A file of the dict, written but for its place: see file_writer_commit. NULL on failure. */
file_writer *random_states_stage(accel_dict *dict, const char *path, const char *call);

#endif
