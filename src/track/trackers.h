/* The trackers of a program: those that are built in, and its own.
 *
 * What is called on all of them is called on each, whatever happens to the others, with no failure on record; the first failure
 * is on record afterwards.
 */
#ifndef ACCEL_TRACK_TRACKERS_H
#define ACCEL_TRACK_TRACKERS_H

#include <accel/tracker.h>

typedef struct tracker {
    accel_tracker_callbacks calls;
    char *name;
    bool built_in; /* then `user` is this room's */
    bool running;
} tracker;

/* Start with {0}: none. */
typedef struct trackers {
    tracker *list;
    size_t count;
    char *logging_dir; /* NULL: none */
    bool is_main;      /* the others call those of every process alone */
    bool started;
} trackers;

/* Those that `log_with` names, separated by commas, "all" for every one; NULL: none. They need a logging_dir. `call` is the
   function whose option it is. */
accel_status trackers_init(trackers *t, const char *log_with, const char *logging_dir, const char *call);

/* Adds one of the program's own. */
accel_status trackers_add(trackers *t, const accel_tracker_callbacks *calls, const char *call);

/* All of them or none. The arguments have been checked. */
accel_status trackers_start(trackers *t, const char *run_name, const accel_log_value *values, size_t count);

accel_status trackers_log(trackers *t, const accel_log_value *values, size_t count, int64_t step);

/* Works while a failure is recorded, which then stays the one on record. */
accel_status trackers_finish(trackers *t);

/* Ends without a word what still runs. */
void trackers_dispose(trackers *t);

#endif
