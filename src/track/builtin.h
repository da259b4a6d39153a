/* The trackers that are built in. They write into the folder <logging_dir>/<name of the run>. */
#ifndef ACCEL_TRACK_BUILTIN_H
#define ACCEL_TRACK_BUILTIN_H

#include <accel/tracker.h>

/* `logging_dir` is borrowed while the tracker is in use. `user`, which memory_free ends when no run is under way, is NULL where
   there was no memory. */
accel_tracker_callbacks tensorboard_tracker(const char *logging_dir);
accel_tracker_callbacks jsonl_tracker(const char *logging_dir);
accel_tracker_callbacks csv_tracker(const char *logging_dir);

/* The folder of a run, which is made: new memory. NULL on failure. */
char *run_folder(const char *logging_dir, const char *run_name);

#endif
