/* What an accelerator knows of states that are saved and loaded. */
#ifndef ACCEL_ACCELERATOR_STATE_H
#define ACCEL_ACCELERATOR_STATE_H

#include <stdbool.h>

#include <accel/state.h>

typedef struct state_hook {
    accelerator_state_hook *function;
    void *user;
    bool loads; /* before a load; otherwise before a save */
} state_hook;

enum { STATE_OBJECT_NAME_MAX = 480 }; /* bytes */

typedef struct training_state {
    accel_checkpointable *objects; /* with names of their own */
    size_t object_count;
    state_hook *hooks;
    size_t hook_count;
    int64_t iteration;        /* the number of the next one of the series */
    accel_dict *python;       /* retained: what only Python draws from, as it was loaded; NULL: never */
    struct state_save *saves; /* under way; NULL: none */
} training_state;

struct facade;

void training_state_dispose(training_state *s);

/* Waits for the save that is under way and records its failure; when this thread's record is set, the save does not wait for other
   processes any more. */
accel_status training_state_settle(training_state *s);

/* The accelerator again, unless this is in the middle of a function of the program that a save or a load calls: NULL with that recorded. */
struct facade *training_state_facade(struct facade *f, const char *call);

/* Whether this process makes a state's folder, and compares it before it is loaded: the first of all, or of each machine. */
bool training_state_leads(const struct facade *f);

/* Calls the hooks. */
accel_status training_state_run_hooks(training_state *s, accelerator *acc, bool loads, const char *folder);

#endif
